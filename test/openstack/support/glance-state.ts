import { readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';

const RUNS_CLOUD = process.env.OPENSTACK_TEST_DIR ?? '';

/**
 * Lists the ids of the images that have data in any store of a region's Glance, including unfinished images.
 */
export async function storeFiles(region: string, folder = RUNS_CLOUD): Promise<string[]> {
  const stores = ['images', 'images2', 'staging'];
  const lists = stores.map((store) => readdir(join(folder, 'state', `glance-${region}`, store)));
  return (await Promise.all(lists)).flat();
}

/**
 * Kills the process of a Glance that is handling the data of an image, as a crash would. Everything else that
 * this process was doing is lost too. Another process takes its place. Returns false if no process was
 * handling the data.
 */
export async function killUpload(region: string, imageId: string, folder = RUNS_CLOUD): Promise<boolean> {
  const master = (await readFile(join(folder, 'run', `${region}.pid`), 'utf8')).trim();
  const children = await readFile(`/proc/${master}/task/${master}/children`, 'utf8');
  for (const pid of children.trim().split(' ')) {
    const files = await openFiles(pid);
    if (!files.some((file) => file.endsWith(`/${imageId}`))) continue;
    process.kill(Number(pid), 'SIGKILL');
    return true;
  }
  return false;
}

async function openFiles(pid: string): Promise<string[]> {
  const descriptors = await readdir(`/proc/${pid}/fd`);
  const targets = descriptors.map((fd) => readlink(`/proc/${pid}/fd/${fd}`).catch(() => ''));
  return Promise.all(targets);
}
