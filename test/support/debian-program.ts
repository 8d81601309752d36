import { execFile } from 'node:child_process';
import { access, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** The folder into which packages are unpacked that the machine lacks. */
const INSTALLED = join(import.meta.dirname, '../../.debian');
const run = promisify(execFile);

/**
 * Returns the path of a real server's program: the machine's, or one from Debian's package, which is unpacked
 * below `.debian/` and needs no root for it.
 * @param path where the package has the program, as in `usr/sbin/nginx`
 */
export async function debianProgram(name: string, path: string): Promise<string> {
  const program = path.split('/').at(-1) ?? '';
  const { PATH = '' } = process.env;
  const installed = join(INSTALLED, name);
  const folders = [...PATH.split(':'), '/usr/sbin', '/usr/local/sbin'].filter((folder) => folder !== '');
  for (const file of [...folders.map((folder) => join(folder, program)), join(installed, path)])
    if (await exists(file)) return file;
  await install(name, installed);
  return join(installed, path);
}

async function install(name: string, installed: string): Promise<void> {
  const folder = `${installed}.${process.pid}`;
  await mkdir(folder, { recursive: true });
  try {
    await download(name, folder);
    const packages = (await readdir(folder)).filter((file) => file.endsWith('.deb'));
    for (const file of packages) await run('dpkg', ['-x', join(folder, file), folder]);
    // Another run may have been faster.
    await rename(folder, installed).catch(() => undefined);
  } catch (error) {
    throw new Error(`${name} is needed on the PATH, or apt-get to get it`, { cause: error });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function download(name: string, folder: string): Promise<void> {
  const apt = (...args: string[]) => run('apt-get', args, { cwd: folder });
  try {
    await apt('download', name);
  } catch {
    // The machine has never asked for the lists of packages; only root may do so in their own place.
    const lists = join(folder, 'lists');
    await mkdir(join(lists, 'partial'), { recursive: true });
    const own = ['-o', `Dir::State::Lists=${lists}`, '-o', `Dir::Cache=${join(folder, 'cache')}`];
    await apt(...own, 'update');
    await apt(...own, 'download', name);
    await rm(lists, { recursive: true });
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
