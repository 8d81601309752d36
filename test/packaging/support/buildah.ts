import { join } from 'node:path';
import { librariesOf } from '../../support/debian-packages.ts';
import { debianProgram } from '../../support/debian-program.ts';
import { run } from './run.ts';

/** Runs a command of buildah. Returns what it prints. */
export type Buildah = (command: string, ...args: string[]) => Promise<string>;

const PROGRAM = 'usr/bin/buildah';
/** The commands that need to know which images to trust. */
const ASK = ['from', 'commit', 'build'];

/** Returns this machine's buildah, or else Debian's, which it unpacks. It keeps its images in `folder`. */
export async function openBuildah(folder: string): Promise<Buildah> {
  const program = await debianProgram('buildah', PROGRAM);
  const storage = [
    '--root',
    join(folder, 'images'),
    '--runroot',
    join(folder, 'run'),
    '--storage-driver',
    'vfs',
  ];
  const unpacked = program.endsWith(`.debian/buildah/${PROGRAM}`) ? program.slice(0, -PROGRAM.length) : null;
  const env = unpacked === null ? {} : librariesOf(unpacked);
  return async (command, ...args) => {
    const trust =
      unpacked !== null && ASK.includes(command)
        ? ['--signature-policy', join(unpacked, 'etc/containers/policy.json')]
        : [];
    return (await run(program, [...storage, command, ...trust, ...args], { env })).trim();
  };
}
