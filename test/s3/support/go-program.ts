import { execFile } from 'node:child_process';
import { access } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';

const PROGRAMS = join(import.meta.dirname, '../../../.s3');

/** Returns the path of a program that only Go's registry has. Builds the program if it is missing. */
export async function goProgram(module: string, version: string): Promise<string> {
  const name = basename(module);
  const path = join(PROGRAMS, `${name}-${version}`, name);
  const isThere = await access(path).then(
    () => true,
    () => false,
  );
  if (!isThere) {
    const env = { ...process.env, GOBIN: join(path, '..'), GOFLAGS: '-mod=mod' };
    await promisify(execFile)('go', ['install', `${module}@${version}`], { env });
  }
  return path;
}
