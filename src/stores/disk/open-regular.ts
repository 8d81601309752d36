import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { StoreError } from '../store-error.ts';
import { isErrno } from './disk-errors.ts';

const { O_RDONLY, O_WRONLY, O_CREAT, O_NOFOLLOW, O_NONBLOCK, O_NOCTTY } = constants;

/**
 * Flags of every open. Without `O_NONBLOCK`, opening a pipe would wait for its other end, and hold one of the
 * few threads that serve all file operations of this process. Without `O_NOCTTY`, a terminal would become
 * this process's controlling terminal.
 */
const ALWAYS = O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;

/**
 * Opens a file. Never waits. Returns `undefined` if it is not a regular file. Throws ELOOP for a link.
 * @param flags those of open(2)
 */
export async function openRegular(path: string, flags = O_RDONLY): Promise<FileHandle | undefined> {
  const file = await open(path, flags | ALWAYS).catch((error) => {
    // At the path is a pipe that nobody reads, a socket, a device without a driver (open(2)) or a folder.
    if (!isErrno(error, 'ENXIO', 'ENODEV', 'EISDIR')) throw error;
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
 * Opens a file of an unfinished image or object. The tenants of a share may have put something else there.
 * @param flags those of open(2)
 * @throws StoreError `invalid_image` for anything that is not a regular file; ELOOP for a link
 */
export async function openOwn(path: string, flags: number): Promise<FileHandle> {
  const file = await openRegular(path, flags);
  if (file !== undefined) return file;
  const name = path.slice(path.lastIndexOf('/') + 1);
  throw new StoreError('invalid_image', `'${name}' of the unfinished copy is no regular file`);
}

/**
 * Writes a text at the beginning of a file of an unfinished image or object, and creates the file if it is
 * missing. Throws as `openOwn` does.
 * @param size the bytes that the file will have; as many as before if it is left out
 */
export async function writeOwn(path: string, text: string, size?: number): Promise<void> {
  const file = await openOwn(path, O_WRONLY | O_CREAT);
  try {
    await file.writeFile(text);
    if (size !== undefined) await file.truncate(size);
  } finally {
    await file.close();
  }
}
