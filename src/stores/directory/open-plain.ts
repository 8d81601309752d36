import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { isErrno } from '../disk-errors.ts';
import { StoreError } from '../store-error.ts';

/** A pipe would wait for a writer. */
export const TO_READ = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/**
 * Opens a file of an image. Throws `invalid_image` for a link: it may lead to what nobody has meant to be
 * read by those who can write there.
 */
export async function openPlain(path: string): Promise<FileHandle> {
  return open(path, TO_READ).catch((error) => {
    if (!isErrno(error, 'ELOOP')) throw error;
    throw new StoreError(
      'invalid_image',
      'the image has a link in the place of a file, which is not followed',
    );
  });
}
