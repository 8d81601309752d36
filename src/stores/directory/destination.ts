import type { PartSink } from '../data-port.ts';
import { assertReachable, ignoring, onDisk } from '../disk/disk-errors.ts';
import { takeFence } from '../disk/fence.ts';
import type { DestinationRef, ImageDestination } from '../port.ts';
import { goneError, idTakenError } from '../refusals.ts';
import { commitPartial } from './commit.ts';
import { openRoot } from './folder.ts';
import { isImageFolder, type Layout, layout, syncFolder } from './layout.ts';
import { openMarked, removeMarked } from './marked-folder.ts';
import { isOccupied, isPreparedBy, makePartial, removePrepared } from './partial.ts';
import { readRecord } from './record-file.ts';
import { removeIfEmpty } from './remove-from.ts';
import { openNotedFile } from './whole-note.ts';

/** The writing half of a directory store. */
export function directoryDestination(paths: Layout): ImageDestination {
  return {
    prepare: (ref, attempt, { size }) =>
      onDisk(async () => {
        await assertReachable(paths.root);
        if (await isOccupied(paths.image(ref.image_id))) throw idTakenError(ref);
        if (await isPreparedBy(paths, ref, attempt)) return;
        try {
          // Bytes from an earlier inspection of the source must not mix with bytes from this one.
          await removeMarked(paths.partial(ref.image_id), ref, attempt, attempt - 1);
          await removePrepared(paths, ref, attempt - 1);
          await makePartial(paths, ref, attempt, size);
        } catch (error) {
          // Another call of the same attempt may have been faster.
          if (!(await isPreparedBy(paths, ref, attempt))) throw error;
        }
      }),

    adopt: (ref, attempt) =>
      onDisk(async () => {
        await assertReachable(paths.root);
        const image = await openMarked(paths.image(ref.image_id), ref);
        if (image === undefined) return null;
        try {
          await takeFence(image.path, attempt);
          return (await ignoring('ENOENT', readRecord(image, ref.image_id))) ?? null;
        } finally {
          await image.close();
        }
      }),

    openSink: (ref, attempt, size) =>
      onDisk(async () => {
        await assertReachable(paths.root);
        return openSink(paths, ref, attempt, size);
      }),

    commit: (ref, attempt, record) =>
      onDisk(async () => {
        await assertReachable(paths.root);
        await commitPartial(paths, ref, attempt, record);
        await syncFolder(paths.root);
      }),

    discard: (ref, attempt) =>
      onDisk(async () => {
        // If the disk is unmounted during the discard, the root's path may lead to an empty folder. An open
        // root still leads to the disk.
        const root = await openRoot(paths.root);
        try {
          if (isImageFolder(ref.image_id)) await discardIn(layout(root.path), ref, attempt);
        } finally {
          await root.close();
        }
      }),
  };
}

/**
 * Opens the image in the making. Reaches all its files through one open folder, because another job's folder
 * may come to the path meanwhile.
 */
async function openSink(
  paths: Layout,
  ref: DestinationRef,
  attempt: number,
  size: number,
): Promise<PartSink> {
  const folder = await openMarked(paths.partial(ref.image_id), ref);
  if (folder === undefined) throw goneError(ref);
  return openNotedFile(folder, attempt, size).catch(async (error) => {
    await folder.close();
    throw error;
  });
}

async function discardIn(paths: Layout, ref: DestinationRef, attempt: number): Promise<void> {
  await removePrepared(paths, ref, attempt);
  await removeMarked(paths.partial(ref.image_id), ref, attempt);
  const image = paths.image(ref.image_id);
  // While a discard emptied the folder, an overtaken commit may have moved it to the image's path.
  await (ref.committing ? removeMarked(image, ref, attempt) : removeIfEmpty(image));
}
