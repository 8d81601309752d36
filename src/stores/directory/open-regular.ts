import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { isErrno } from '../disk/disk-errors.ts';
import { StoreError } from '../store-error.ts';

/**
 * Flags to open a file for reading. Without `O_NONBLOCK`, opening a pipe would wait for a writer. Without
 * `O_NOCTTY`, a terminal would become this process's controlling terminal.
 */
const TO_READ = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY;

/** Opens a file for reading. Returns `undefined` if it is not a regular file. Throws ELOOP for a link. */
export async function openRegular(path: string): Promise<FileHandle | undefined> {
  const file = await open(path, TO_READ).catch((error) => {
    // The path is that of a socket, or of a device without a driver (open(2)).
    if (!isErrno(error, 'ENXIO', 'ENODEV')) throw error;
  });
  if (file === undefined) return undefined;
  try {
    if ((await file.stat()).isFile()) return file;
  } catch (error) {
    await file.close();
    throw error;
  }
  await file.close();
  return undefined;
}

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
