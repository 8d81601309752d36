import type { FileHandle } from 'node:fs/promises';
import { isErrno } from '../disk/disk-errors.ts';
import { openRegular } from '../disk/open-regular.ts';
import { isStoreError, StoreError } from '../store-error.ts';
import { openFolder } from './folder.ts';
import { objectPath } from './object-path.ts';

/** Opens a regular file of a share, and follows no link. Throws `invalid_image`, `not_found`. */
export async function openFile(root: string, path: string): Promise<FileHandle> {
  const file = await openAt(root, path).catch((error) => {
    if (isErrno(error, 'ELOOP')) {
      throw new StoreError('invalid_image', `${JSON.stringify(path)} is a link, which is not followed`);
    }
    if (!isErrno(error, 'ENOENT') && !isStoreError(error, 'conflict')) throw error;
  });
  if (file === undefined) throw new StoreError('not_found', `there is no file ${JSON.stringify(path)}`);
  return file;
}

async function openAt(root: string, path: string): Promise<FileHandle | undefined> {
  const { folders, name } = objectPath(path);
  const folder = await openFolder(root, folders);
  try {
    return await openRegular(folder.at(name));
  } finally {
    await folder.close();
  }
}
