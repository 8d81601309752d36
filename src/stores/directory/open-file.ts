import { type FileHandle, open } from 'node:fs/promises';
import { isErrno } from '../disk/disk-errors.ts';
import { isStoreError, StoreError } from '../store-error.ts';
import { openFolder } from './folder.ts';
import { objectPath } from './object-path.ts';
import { TO_READ } from './open-regular.ts';

/** Opens a regular file of a share, and follows no link. Throws `invalid_image`, `not_found`. */
export async function openFile(root: string, path: string): Promise<FileHandle> {
  const { folders, name } = objectPath(path);
  const file = await openRegular(root, folders, name).catch((error) => {
    if (isErrno(error, 'ELOOP')) {
      throw new StoreError('invalid_image', `${JSON.stringify(path)} is a link, which is not followed`);
    }
    const isAbsent = isErrno(error, 'ENOENT') || isErrno(error, 'ENXIO') || isStoreError(error, 'conflict');
    throw isAbsent ? noFileError(path) : error;
  });
  if (file === undefined) throw noFileError(path);
  return file;
}

async function openRegular(
  root: string,
  folders: readonly string[],
  name: string,
): Promise<FileHandle | undefined> {
  const folder = await openFolder(root, folders);
  try {
    const file = await open(folder.at(name), TO_READ);
    let isFile = false;
    try {
      isFile = (await file.stat()).isFile();
      return isFile ? file : undefined;
    } finally {
      if (!isFile) await file.close();
    }
  } finally {
    await folder.close();
  }
}

function noFileError(path: string): StoreError {
  return new StoreError('not_found', `there is no file ${JSON.stringify(path)}`);
}
