import { readdir, stat, unlink } from 'node:fs/promises';
import type { ImageRecord } from '../../image/index.ts';
import { ignoring } from '../disk/disk-errors.ts';
import { fenceName, readFence, takeFence } from '../disk/fence.ts';
import type { DestinationRef } from '../port.ts';
import { goneError, overtakenError } from '../refusals.ts';
import type { Folder } from './folder.ts';
import type { Layout } from './layout.ts';
import { hasMark, isAtPath, openMarked } from './marked-folder.ts';
import { renameUnlessTaken } from './partial.ts';
import { RECORD, writeRecord } from './record-file.ts';
import { isWhole, isWholeNote } from './whole-note.ts';

/**
 * Turns the folder that a job has filled into an image, unless an earlier call has done so. Throws
 * `not_found` if the data is gone or not whole.
 */
export async function commitPartial(
  paths: Layout,
  ref: DestinationRef,
  attempt: number,
  record: ImageRecord,
): Promise<void> {
  const [partial, image] = [paths.partial(ref.image_id), paths.image(ref.image_id)];
  const folder = (await openMarked(image, ref)) ?? (await openMarked(partial, ref));
  if (folder === undefined) throw goneError(ref);
  const isInPlace = () => isAtPath(folder, image);
  try {
    await takeFence(folder.path, attempt);
    if (!(await isInPlace()) || !(await hasRecord(folder))) {
      if (!(await isWhole(folder, record.size))) throw goneError(ref);
      await writeRecord(folder.path, record);
      await assertStillOurs(folder, ref, attempt);
    }
    if (!(await isInPlace())) {
      // This job's copy may have been discarded. Then another job's copy may be at the path `partial`.
      if (await isAtPath(folder, partial)) await ignoring('ENOENT', renameUnlessTaken(partial, image, ref));
      // Another call of this job may have moved the folder to the image's path, or removed the folder.
      if (!(await isInPlace())) throw goneError(ref);
    }
    await removeTraces(folder);
  } finally {
    await folder.close();
  }
}

async function hasRecord(folder: Folder): Promise<boolean> {
  return (await ignoring('ENOENT', stat(folder.at(RECORD)))) !== undefined;
}

/**
 * Throws if another call has taken the folder while the record was written. If the other call is a removal,
 * it may have missed the record. Then this call removes the record.
 */
async function assertStillOurs(folder: Folder, ref: DestinationRef, attempt: number): Promise<void> {
  const fence = await ignoring('ENOENT', readFence(folder.path));
  if (fence?.names.includes(fenceName(attempt))) return;
  if (fence !== undefined && !fence.isDoomed && (await hasMark(folder.path, ref))) throw overtakenError();
  await ignoring('ENOENT', unlink(folder.at(RECORD)));
  throw goneError(ref);
}

/** Removes the files that only an unfinished copy needs. */
async function removeTraces(folder: Folder): Promise<void> {
  for (const name of await readdir(folder.path)) {
    const isDraft = name.startsWith(`${RECORD}.`);
    if (name === 'parts' || isWholeNote(name) || isDraft) await ignoring('ENOENT', unlink(folder.at(name)));
  }
}
