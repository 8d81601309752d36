import { lstat } from 'node:fs/promises';
import { type ImageRecord, isVisibleTo } from '../../image/index.ts';
import { assertReachable, isErrno, onDisk } from '../disk/disk-errors.ts';
import type { ImageSource, SourceRef } from '../port.ts';
import { assertDataSize } from '../record-json.ts';
import { notActiveError, notFoundError } from '../refusals.ts';
import { isStoreError, StoreError } from '../store-error.ts';
import { type Folder, openFolderAt } from './folder.ts';
import type { Layout } from './layout.ts';
import { openImageFile } from './open-image-file.ts';
import { pinOf, readerOf } from './reader.ts';
import { readRecord } from './record-file.ts';

/** Name of the file that has an image's bytes. */
const DATA = 'data';

/** The reading half of a directory store. */
export function directorySource(paths: Layout): ImageSource {
  return {
    inspect: (ref) =>
      inImage(paths, ref, async (folder) => {
        const record = await readRecord(folder, ref.image_id);
        if (!isVisibleTo(record, ref.tenant_id)) throw notFoundError(ref);
        if (record.status !== 'active') throw notActiveError(ref, record.status);
        const file = await openImageFile(folder.at(DATA), ref.image_id);
        try {
          assertDataSize({ id: ref.image_id, size: record.size }, (await file.stat()).size);
          return { record, pin: await pinOf(file) };
        } finally {
          await file.close();
        }
      }),

    openReader: (ref, pin, { digests } = {}) =>
      inImage(paths, ref, async (folder) =>
        readerOf(await openImageFile(folder.at(DATA), ref.image_id), pin, digests),
      ),
  };
}

/** Reads the record of an image, whoever owns the image. Throws `not_found` if there is none. */
export function recordAt(paths: Layout, imageId: string): Promise<ImageRecord> {
  return inImage(paths, { image_id: imageId, tenant_id: null }, (folder) => readRecord(folder, imageId));
}

/** Keeps an image's folder open while `use` runs. Throws `not_found` if the folder or a file is missing. */
async function inImage<T>(paths: Layout, ref: SourceRef, use: (folder: Folder) => Promise<T>): Promise<T> {
  try {
    return await onDisk(async () => {
      await assertReachable(paths.root);
      const folder = await openImage(paths.image(ref.image_id), ref.image_id);
      try {
        return await use(folder);
      } finally {
        await folder.close();
      }
    });
  } catch (error) {
    throw isStoreError(error, 'not_found') ? notFoundError(ref) : error;
  }
}

/** Opens an image's folder. Throws `invalid_image` for a link, because it may lead out of this region. */
async function openImage(path: string, imageId: string): Promise<Folder> {
  return openFolderAt(path).catch(async (error) => {
    const mayBeLink = isErrno(error, 'ELOOP', 'ENOTDIR');
    if (!mayBeLink || !(await lstat(path)).isSymbolicLink()) throw error;
    throw new StoreError('invalid_image', `image ${imageId}: its folder is a link, which is not followed`);
  });
}
