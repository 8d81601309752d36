import { mkdir, readdir, rename, rm, rmdir, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { assertReachable, ignoring, isErrno, onDisk } from '../disk-errors.ts';
import { openPartFile } from '../part-file.ts';
import type { DestinationRef, ImageDestination } from '../port.ts';
import { StoreError } from '../store-error.ts';
import { isImageFolder, type Layout, syncFolder } from './layout.ts';
import { writeRecord } from './record-file.ts';

/** The writing half of a directory store. */
export function directoryDestination(paths: Layout): ImageDestination {
  return {
    prepare: (ref, { size }) =>
      onDisk(async () => {
        await assertReachable(paths.root);
        const partial = paths.partial(ref.image_id);
        if (await exists(paths.image(ref.image_id))) throw taken(ref);
        if (await isMarked(partial, ref)) return;
        const prepared = paths.prepared(ref.image_id, ref.mark);
        try {
          await ignoring('EEXIST', mkdir(prepared));
          await writeFile(markIn(prepared, ref), '');
          await writeFile(join(prepared, 'data'), '', { flag: 'a' });
          await truncate(join(prepared, 'data'), size);
          await renameUnlessTaken(prepared, partial, ref);
        } catch (error) {
          // Another call of the same job was faster.
          if (!(await isMarked(partial, ref))) throw error;
          await rm(prepared, { recursive: true, force: true });
        }
      }),

    openSink: (ref, attempt, size) =>
      onDisk(async () => {
        await assertReachable(paths.root);
        const partial = paths.partial(ref.image_id);
        await assertMarked(partial, ref);
        return openPartFile(partial, attempt, size, true);
      }),

    commit: (ref, record) =>
      onDisk(async () => {
        await assertReachable(paths.root);
        const partial = paths.partial(ref.image_id);
        const image = paths.image(ref.image_id);
        if (!(await isMarked(image, ref))) {
          await assertMarked(partial, ref);
          await writeRecord(partial, record);
          await renameUnlessTaken(partial, image, ref);
        }
        await syncFolder(paths.root);
        await removeTraces(image);
      }),

    discard: (ref) =>
      onDisk(async () => {
        await assertReachable(paths.root);
        if (!isImageFolder(ref.image_id)) return;
        const partial = paths.partial(ref.image_id);
        const image = paths.image(ref.image_id);
        await rm(paths.prepared(ref.image_id, ref.mark), { recursive: true, force: true });
        await removeMarked(partial, ref);
        if (await isMarked(image, ref)) {
          await rename(image, partial);
          await removeMarked(partial, ref);
        }
      }),
  };
}

function markIn(folder: string, { mark }: DestinationRef): string {
  return join(folder, `job-${encodeURIComponent(mark)}`);
}

function isMarked(folder: string, ref: DestinationRef): Promise<boolean> {
  return exists(markIn(folder, ref));
}

async function assertMarked(partial: string, ref: DestinationRef): Promise<void> {
  if (await isMarked(partial, ref)) return;
  throw new StoreError('not_found', `image ${ref.image_id} is no longer being made by this job`);
}

/** The mark goes last: what a crash leaves half removed can still be told to be ours. */
async function removeMarked(folder: string, ref: DestinationRef): Promise<void> {
  const mark = markIn(folder, ref);
  if (await exists(mark)) {
    for (const name of await readdir(folder)) {
      const path = join(folder, name);
      if (path !== mark) await rm(path, { force: true });
    }
    await rm(mark, { force: true });
  }
  // An empty folder is what a crash has left of this; another's is not empty.
  await rmdir(folder).catch((error) => {
    if (!['ENOENT', 'ENOTEMPTY', 'EEXIST'].includes(error.code)) throw error;
  });
}

/** A folder that is there and not empty is another's. */
async function renameUnlessTaken(from: string, to: string, ref: DestinationRef): Promise<void> {
  await rename(from, to).catch((error) => {
    throw isErrno(error, 'ENOTEMPTY') || isErrno(error, 'EEXIST') ? taken(ref) : error;
  });
}

/** What only a partial needs. */
async function removeTraces(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (name === 'parts' || name.startsWith('fence-')) await rm(join(folder, name), { force: true });
  }
}

async function exists(path: string): Promise<boolean> {
  return (await ignoring('ENOENT', stat(path))) !== undefined;
}

function taken(ref: DestinationRef): StoreError {
  return new StoreError('conflict', `image id ${ref.image_id} is taken at the destination`);
}
