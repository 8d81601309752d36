import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { isErrno } from '../disk/disk-errors.ts';
import { StoreError } from '../store-error.ts';

/**
 * Flags to open a file for reading. Without the last two, a pipe would wait for a writer, and a terminal
 * would become this process's controlling terminal.
 */
export const TO_READ = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY;

/**
 * Opens a file of an image for reading.
 * @throws StoreError `invalid_image`, which names the image, for a link, because whoever made it may have no
 * right to read what it leads to; and for anything but a regular file, such as a device or a pipe
 */
export async function openPlain(path: string, imageId: string): Promise<FileHandle> {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const refused = (why: string) => new StoreError('invalid_image', `image ${imageId}: '${name}' is ${why}`);
  const file = await open(path, TO_READ).catch((error) => {
    if (isErrno(error, 'ELOOP')) throw refused('a link, which is not followed');
    // A socket, or a device without a driver (open(2)).
    if (isErrno(error, 'ENXIO') || isErrno(error, 'ENODEV')) throw refused('no regular file');
    throw error;
  });
  try {
    if (!(await file.stat()).isFile()) throw refused('no regular file');
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}
