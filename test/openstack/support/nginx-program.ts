import { execFile } from 'node:child_process';
import { access, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** The folder into which nginx is put if the machine has none. */
const INSTALLED = join(import.meta.dirname, '../../../.openstack/nginx');
const run = promisify(execFile);

/** The path of a real nginx: the machine's, or one of the tests' own. */
export async function nginxProgram(): Promise<string> {
  const { PATH = '' } = process.env;
  const folders = [...PATH.split(':'), '/usr/sbin', '/usr/local/sbin', join(INSTALLED, 'usr/sbin')];
  for (const folder of folders) {
    const program = join(folder, 'nginx');
    if (folder !== '' && (await exists(program))) return program;
  }
  return install();
}

/** Unpacks Debian's package, which takes no root. */
async function install(): Promise<string> {
  const folder = `${INSTALLED}.${process.pid}`;
  await mkdir(folder, { recursive: true });
  try {
    await download(folder);
    const packages = (await readdir(folder)).filter((name) => name.endsWith('.deb'));
    for (const name of packages) await run('dpkg', ['-x', join(folder, name), folder]);
    // Another run may have been faster.
    await rename(folder, INSTALLED).catch(() => undefined);
  } catch (error) {
    throw new Error('nginx is needed on the PATH, or apt-get to get it', { cause: error });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return join(INSTALLED, 'usr/sbin/nginx');
}

async function download(folder: string): Promise<void> {
  const apt = (...args: string[]) => run('apt-get', args, { cwd: folder });
  try {
    await apt('download', 'nginx');
  } catch {
    // The machine has never asked for the lists of packages; only root may do so in their own place.
    const lists = join(folder, 'lists');
    await mkdir(join(lists, 'partial'), { recursive: true });
    const own = ['-o', `Dir::State::Lists=${lists}`, '-o', `Dir::Cache=${join(folder, 'cache')}`];
    await apt(...own, 'update');
    await apt(...own, 'download', 'nginx');
    await rm(lists, { recursive: true });
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
