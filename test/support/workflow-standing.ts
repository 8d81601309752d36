import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Job, Rig } from './workflow-rig.ts';

/** The state of a job and of its image. */
export interface Standing {
  readonly status: string;
  /** The folders of the destination that have the job's mark or one of its image ids. */
  readonly folders: readonly string[];
  /** The digest and the inode of the image's data, or `null` if there is no image. */
  readonly image: { readonly sha512: string; readonly inode: number } | null;
}

/** Returns the state of a job and of its image. */
export async function standing(rig: Rig, job: Job, mark: string): Promise<Standing> {
  const { status, memo } = await job.handle.describe();
  const details = memo?.job as { status?: string; destination_image_id?: string | null } | undefined;
  const imageId = details?.destination_image_id ?? job.copyId;
  const root = join(rig.deployment.folder, 'ot2');
  const folders: string[] = [];
  for (const name of await readdir(root)) {
    const isNamed = name.includes(job.copyId) || name.includes(mark);
    const marked = (await readdir(join(root, name)).catch(() => [])).some((file) => file.includes(mark));
    if (isNamed || marked) folders.push(name);
  }
  const data = join(root, imageId, 'data');
  const bytes = await readFile(data).catch(() => null);
  const image = bytes && {
    sha512: createHash('sha512').update(bytes).digest('hex'),
    inode: (await stat(data)).ino,
  };
  const isSettled = status.name === 'COMPLETED' || status.name === 'FAILED' || status.name === 'CANCELLED';
  return { status: isSettled ? (details?.status ?? '') : status.name.toLowerCase(), folders, image };
}
