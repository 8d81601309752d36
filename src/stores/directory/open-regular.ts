import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { isErrno } from '../disk/disk-errors.ts';
import { StoreError } from '../store-error.ts';

/**
 * Flags to open a file for reading. Without `O_NONBLOCK`, opening a pipe would wait for a writer. Without
 * `O_NOCTTY`, a terminal would become this process's controlling terminal.
 */
export const TO_READ = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY;

/**
 * Opens a file of an image for reading.
 * @throws StoreError `invalid_image`, which names the image, for anything that is not a regular file. A link
 * is unusable too, because whoever made it may have no right to read its target
 */
export async function openRegular(path: string, imageId: string): Promise<FileHandle> {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const unusable = (why: string) => new StoreError('invalid_image', `image ${imageId}: '${name}' is ${why}`);
  const file = await open(path, TO_READ).catch((error) => {
    if (isErrno(error, 'ELOOP')) throw unusable('a link, which is not followed');
    // A socket, or a device without a driver (open(2)).
    if (isErrno(error, 'ENXIO') || isErrno(error, 'ENODEV')) throw unusable('no regular file');
    throw error;
  });
  try {
    if (!(await file.stat()).isFile()) throw unusable('no regular file');
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}
