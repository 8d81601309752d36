import type { FileHandle } from 'node:fs/promises';
import { isErrno } from '../disk/disk-errors.ts';
import { openRegular } from '../disk/open-regular.ts';
import { StoreError } from '../store-error.ts';

/**
 * Opens a file of an image for reading.
 * @throws StoreError `invalid_image`, which names the image, for anything that is not a regular file. A link
 * is not followed, because whoever made it may have no right to read its target
 */
export async function openImageFile(path: string, imageId: string): Promise<FileHandle> {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const unusable = (why: string) => new StoreError('invalid_image', `image ${imageId}: '${name}' is ${why}`);
  const file = await openRegular(path).catch((error) => {
    throw isErrno(error, 'ELOOP') ? unusable('a link, which is not followed') : error;
  });
  if (file === undefined) throw unusable('no regular file');
  return file;
}
