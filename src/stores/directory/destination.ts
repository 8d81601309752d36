import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { assertReachable, ignoring, onDisk } from '../disk-errors.ts';
import { takeFence } from '../fence.ts';
import { openPartFile } from '../part-file.ts';
import type { DestinationRef, ImageDestination } from '../port.ts';
import { StoreError } from '../store-error.ts';
import { isImageFolder, type Layout, syncFolder } from './layout.ts';
import { hasMark, isAtPath, openMarked, removeMarked } from './marked-folder.ts';
import { isPreparedBy, makePartial, removePrepared, renameUnlessTaken, taken } from './partial.ts';
import { readRecord, writeRecord } from './record-file.ts';

/** The writing half of a directory store. */
export function directoryDestination(paths: Layout): ImageDestination {
  return {
    prepare: (ref, attempt, { size }) =>
      onDisk(async () => {
        await assertReachable(paths.root);
        if ((await ignoring('ENOENT', stat(paths.image(ref.image_id)))) !== undefined) throw taken(ref);
        if (await isPreparedBy(paths, ref, attempt)) return;
        try {
          // Bytes of an earlier inspection of the source must not mix with those of this one.
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
          return await readRecord(image.path);
        } finally {
          await image.close();
        }
      }),

    openSink: (ref, attempt, size) =>
      onDisk(async () => {
        await assertReachable(paths.root);
        const partial = paths.partial(ref.image_id);
        if (!(await hasMark(partial, ref))) throw goneFor(ref);
        return openPartFile(partial, attempt, size, true);
      }),

    commit: (ref, attempt, record) =>
      onDisk(async () => {
        await assertReachable(paths.root);
        const partial = paths.partial(ref.image_id);
        const image = paths.image(ref.image_id);
        const folder = (await openMarked(image, ref)) ?? (await openMarked(partial, ref));
        if (folder === undefined) throw goneFor(ref);
        try {
          await takeFence(folder.path, attempt);
          if (!(await isAtPath(folder, image))) {
            await writeRecord(folder.path, record);
            if (await isAtPath(folder, partial))
              await ignoring('ENOENT', renameUnlessTaken(partial, image, ref));
            // Another call of this job may have been faster, or have removed it.
            if (!(await isAtPath(folder, image))) throw goneFor(ref);
          }
          await syncFolder(paths.root);
          await rm(join(folder.path, 'parts'), { force: true });
        } finally {
          await folder.close();
        }
      }),

    discard: (ref, attempt) =>
      onDisk(async () => {
        await assertReachable(paths.root);
        if (!isImageFolder(ref.image_id)) return;
        await removePrepared(paths, ref, attempt);
        await removeMarked(paths.partial(ref.image_id), ref, attempt);
        if (ref.committing) await removeMarked(paths.image(ref.image_id), ref, attempt);
      }),
  };
}

function goneFor(ref: DestinationRef): StoreError {
  return new StoreError('not_found', `image ${ref.image_id} is no longer being made by this job`);
}
