import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { unpackPackages } from './debian-packages.ts';

/** The folder into which packages are unpacked that the machine lacks. */
const UNPACKED = join(import.meta.dirname, '../../.debian');

/**
 * Returns the path of a real server's program: the machine's, or one from Debian's package, which is unpacked
 * below `.debian/` and needs no root for it.
 * @param path where the package has the program, as in `usr/sbin/nginx`
 */
export async function debianProgram(name: string, path: string): Promise<string> {
  const program = path.split('/').at(-1) ?? '';
  const { PATH = '' } = process.env;
  const unpacked = join(UNPACKED, name);
  const folders = [...PATH.split(':'), '/usr/sbin', '/usr/local/sbin'].filter((folder) => folder !== '');
  for (const file of [...folders.map((folder) => join(folder, program)), join(unpacked, path)])
    if (await exists(file)) return file;
  await unpackPackages([name], unpacked);
  return join(unpacked, path);
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
