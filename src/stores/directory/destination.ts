import { mkdir, open, readdir, readFile, rename, rm, rmdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { DestinationRef, ImageDestination } from '../port.ts';
import { StoreError } from '../store-error.ts';
import { isErrno, onDisk } from './errors.ts';
import { assertReachable, type Layout, syncFolder, writeWhole } from './layout.ts';
import { writeRecord } from './record-file.ts';
import { openSink } from './sink.ts';

/** The writing half of a directory store. */
export function directoryDestination(paths: Layout): ImageDestination {
  return {
    prepare: (ref, size) =>
      onDisk(async () => {
        await assertReachable(paths.root);
        const partial = paths.partial(ref.image_id);
        if (await exists(paths.image(ref.image_id))) throw taken(ref);
        await ignoring('EEXIST', mkdir(partial));
        if ((await readMark(partial)) === undefined) await writeWhole(join(partial, 'job'), ref.mark);
        if ((await readMark(partial)) !== ref.mark) throw taken(ref);
        const data = await open(join(partial, 'data'), 'a');
        await data.truncate(size).finally(() => data.close());
      }),

    openSink: (ref, attempt, size) =>
      onDisk(async () => {
        await assertReachable(paths.root);
        const partial = paths.partial(ref.image_id);
        await assertOurs(partial, ref);
        return openSink(partial, attempt, size);
      }),

    commit: (ref, record) =>
      onDisk(async () => {
        await assertReachable(paths.root);
        const partial = paths.partial(ref.image_id);
        const image = paths.image(ref.image_id);
        if ((await readMark(image)) !== ref.mark) {
          await assertOurs(partial, ref);
          await writeRecord(partial, record);
          await rename(partial, image).catch((error) => {
            throw isErrno(error, 'ENOTEMPTY') || isErrno(error, 'EEXIST') ? taken(ref) : error;
          });
          await syncFolder(paths.root);
        }
        await removeTraces(image);
      }),

    discard: (ref) =>
      onDisk(async () => {
        await assertReachable(paths.root);
        const partial = paths.partial(ref.image_id);
        const image = paths.image(ref.image_id);
        await removePartial(partial, ref);
        if ((await readMark(image)) === ref.mark) {
          await rename(image, partial);
          await removePartial(partial, ref);
        }
      }),
  };
}

/** The job that a folder belongs to; `undefined` where there is no such folder or nobody has marked it yet. */
async function readMark(folder: string): Promise<string | undefined> {
  return ignoring('ENOENT', readFile(join(folder, 'job'), 'utf8'));
}

async function assertOurs(partial: string, ref: DestinationRef): Promise<void> {
  if ((await readMark(partial)) === ref.mark) return;
  throw new StoreError('not_found', `image ${ref.image_id} is no longer being made by this job`);
}

/** The mark goes last: what a crash leaves half removed can still be told to be ours. */
async function removePartial(partial: string, ref: DestinationRef): Promise<void> {
  const mark = await readMark(partial);
  // Before it is marked a partial has no data: it is what a crash in `prepare` left of this very image.
  const abandoned = mark === undefined && !(await exists(join(partial, 'data')));
  if (mark !== ref.mark && !abandoned) return;
  for (const name of (await ignoring('ENOENT', readdir(partial))) ?? []) {
    if (name !== 'job') await rm(join(partial, name), { force: true });
  }
  await rm(join(partial, 'job'), { force: true });
  await ignoring('ENOENT', rmdir(partial));
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

async function ignoring<T>(code: string, operation: Promise<T>): Promise<T | undefined> {
  try {
    return await operation;
  } catch (error) {
    if (isErrno(error, code)) return undefined;
    throw error;
  }
}

function taken(ref: DestinationRef): StoreError {
  return new StoreError('conflict', `image id ${ref.image_id} is taken at the destination`);
}
