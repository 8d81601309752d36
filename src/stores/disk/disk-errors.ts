import { stat } from 'node:fs/promises';
import { StoreError, type StoreErrorCode } from '../store-error.ts';

const CODES: Readonly<Record<string, readonly [StoreErrorCode, string]>> = {
  ENOENT: ['not_found', 'the image is gone'],
  ENOTDIR: ['not_found', 'the image is gone'],
  EACCES: ['forbidden', 'access to the image store was refused'],
  EPERM: ['forbidden', 'access to the image store was refused'],
  EROFS: ['forbidden', 'the image store is read-only'],
  ENOSPC: ['quota_exceeded', 'the disk of the image store is full'],
  EDQUOT: ['quota_exceeded', 'the disk quota of the image store is used up'],
  EFBIG: ['invalid_image', 'the image is larger than the image store allows a file to be'],
};

/**
 * Codes with which a file system refuses a name. In an error without a path, which is about an open file,
 * they mean something else.
 */
const BAD_NAME: ReadonlySet<string> = new Set(['EINVAL', 'EILSEQ', 'ENAMETOOLONG']);

/** Tells whether a file operation failed with this code (errno(3)). */
export function isErrno(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

/** Waits for a file operation. Returns `undefined` if it fails with this code. */
export async function ignoring<T>(code: string, operation: Promise<T>): Promise<T | undefined> {
  try {
    return await operation;
  } catch (error) {
    if (isErrno(error, code)) return undefined;
    throw error;
  }
}

/**
 * Turns a file operation's error into a StoreError. Its message names no path, because tenants may see it.
 */
export function fromErrno(error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  const code =
    error instanceof Error && 'code' in error ? String(error.code) : 'with an error that has no code';
  const known = CODES[code];
  if (known !== undefined) return new StoreError(known[0], known[1], { cause: error });
  if (BAD_NAME.has(code) && error instanceof Error && 'path' in error) {
    return new StoreError('invalid_image', 'the file system of the image store does not allow such a name', {
      cause: error,
    });
  }
  return new StoreError('unavailable', `the image store's disk answered ${code}`, { cause: error });
}

/** Runs file operations and turns their errors into StoreErrors. */
export async function onDisk<T>(operations: () => Promise<T>): Promise<T> {
  try {
    return await operations();
  } catch (error) {
    throw fromErrno(error);
  }
}

/**
 * Throws `unavailable` if a folder cannot be reached. Often the disk of a store is not mounted, which MUST
 * NOT look like a region without images.
 */
export async function assertReachable(folder: string): Promise<void> {
  await stat(folder).catch((cause) => {
    throw new StoreError('unavailable', "the image store's folder cannot be reached", { cause });
  });
}
