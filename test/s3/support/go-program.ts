import { execFile } from 'node:child_process';
import { access } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';

const PROGRAMS = join(import.meta.dirname, '../../../.s3');

/** Returns the path of a program that only Go's registry has. Builds the program if it is missing. */
export async function goProgram(module: string, version: string): Promise<string> {
  return builtOnce(basename(module), version, async (path) => {
    const env = { ...process.env, GOBIN: join(path, '..'), GOFLAGS: '-mod=mod' };
    await promisify(execFile)('go', ['install', `${module}@${version}`], { env });
  });
}

/**
 * Returns the path of a program, as `goProgram` does. The program is a folder of a module. The module
 * replaces some of its dependencies, so `go install` refuses it.
 */
export async function goProgramOf(module: string, version: string, name: string): Promise<string> {
  return builtOnce(name, version, async (path) => {
    const download = ['mod', 'download', '-json', `${module}@${version}`];
    const { Dir: folder } = JSON.parse((await promisify(execFile)('go', download)).stdout);
    await promisify(execFile)('go', ['build', '-C', folder, '-o', path, `./${name}`]);
  });
}

async function builtOnce(
  name: string,
  version: string,
  build: (path: string) => Promise<void>,
): Promise<string> {
  const path = join(PROGRAMS, `${name}-${version}`, name);
  const isThere = await access(path).then(
    () => true,
    () => false,
  );
  if (!isThere) await build(path);
  return path;
}
