import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { librariesOf } from '../../support/debian-packages.ts';
import { debianProgram } from '../../support/debian-program.ts';
import { run } from './run.ts';

/** Runs a command of buildah. Returns what it prints. */
export type Buildah = (command: string, ...args: string[]) => Promise<string>;

const PROGRAM = 'usr/bin/buildah';
/** The commands that need to know which images to trust. */
const NEED_TRUST = ['from', 'commit', 'build'];

/** Returns this machine's buildah, or unpacks Debian's. buildah keeps its images in `folder`. */
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
  const [first = '', ...prefix] =
    unpacked === null ? [program] : [...(await findingLibraries(unpacked, folder)), program];
  return async (command, ...args) => {
    const trust =
      unpacked !== null && NEED_TRUST.includes(command)
        ? ['--signature-policy', join(unpacked, 'etc/containers/policy.json')]
        : [];
    return (await run(first, [...prefix, ...storage, command, ...trust, ...args])).trim();
  };
}

/**
 * Returns the beginning of a command line whose program finds the libraries that were unpacked with it.
 * buildah starts itself again without `LD_LIBRARY_PATH`. So the program sees another list of libraries in the
 * place of the machine's (ldconfig(8)).
 */
async function findingLibraries(unpacked: string, folder: string): Promise<readonly string[]> {
  const [list, paths] = [join(folder, 'ld.so.cache'), join(folder, 'ld.so.conf')];
  await writeFile(paths, `${librariesOf(unpacked).join('\n')}\ninclude /etc/ld.so.conf\n`);
  await run('/sbin/ldconfig', ['-C', list, '-f', paths]);
  const script = 'mount --bind "$0" /etc/ld.so.cache && exec "$@"';
  return ['unshare', '--mount', 'sh', '-c', script, list];
}
