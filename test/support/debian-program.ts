import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { unpackPackages } from './debian-packages.ts';

/** Packages that this machine does not have are unpacked into this folder. */
const UNPACKED = join(import.meta.dirname, '../../.debian');

/**
 * Returns the path of a real server's program. If this machine does not have it, unpacks Debian's package
 * below `.debian/`, which does not need root.
 *
 * @param path the path of the program in the package, such as `usr/sbin/nginx`
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
