import { execFile } from 'node:child_process';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * Unpacks Debian packages and their dependencies into a folder that MUST NOT exist yet. Does not need root,
 * and installs nothing. Another run MAY do the same at the same time.
 *
 * @param scope `missing` leaves out packages that this machine has; `all` unpacks all of them, for a root
 * file system of its own
 * @throws Error if there is no apt-get, or no archive that it can reach
 */
export async function unpackPackages(
  names: readonly string[],
  folder: string,
  scope: 'missing' | 'all' = 'missing',
): Promise<void> {
  const own = `${folder}.${process.pid}`;
  for (const name of ['lists', 'cache/archives'])
    await mkdir(join(own, name, 'partial'), { recursive: true });
  try {
    const archives = await download(names, own, scope);
    for (const archive of archives) await run('dpkg', ['-x', archive, join(own, 'root')]);
    // If another run was faster, its folder is used.
    await rename(join(own, 'root'), folder).catch(() => undefined);
  } catch (error) {
    const wanted = names.join(', ');
    throw new Error(`${wanted} is needed on the PATH, or apt-get to get it`, { cause: error });
  } finally {
    await rm(own, { recursive: true, force: true });
  }
}

/** Returns the folders in which unpacked packages have their libraries. */
export function librariesOf(folder: string): readonly string[] {
  return ['x86_64', 'aarch64'].flatMap((machine) =>
    ['usr/lib', 'lib'].map((path) => join(folder, path, `${machine}-linux-gnu`)),
  );
}

/** Downloads the packages, and returns the paths of the archives. */
async function download(names: readonly string[], folder: string, scope: string): Promise<string[]> {
  const installed = scope === 'all' ? ['-o', `Dir::State::status=${join(folder, 'status')}`] : [];
  await writeFile(join(folder, 'status'), '');
  const unlocked = ['-o', 'Debug::NoLocking=1', '-o', `Dir::Cache=${join(folder, 'cache')}`, ...installed];
  const only = ['install', '--yes', '--download-only', '--no-install-recommends'];
  try {
    await run('apt-get', [...unlocked, ...only, ...names]);
  } catch {
    // The machine may never have fetched the lists of packages. Only root may put them in their usual place.
    const lists = [...unlocked, '-o', `Dir::State::Lists=${join(folder, 'lists')}`];
    await run('apt-get', [...lists, 'update']);
    await run('apt-get', [...lists, ...only, ...names]);
  }
  const archives = join(folder, 'cache/archives');
  return (await readdir(archives))
    .filter((name) => name.endsWith('.deb'))
    .map((name) => join(archives, name));
}
