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
 * Codes of a file system that does not take a name. If an open file fails with them, they mean something
 * else.
 */
const NO_NAME: ReadonlySet<string> = new Set(['EINVAL', 'EILSEQ', 'ENAMETOOLONG']);

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

/** Turns a file operation's error into a store's. The message names no path: it is for tenants. */
export function fromErrno(error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
  const known = CODES[code];
  if (known !== undefined) return new StoreError(known[0], known[1], { cause: error });
  if (NO_NAME.has(code) && error instanceof Error && 'path' in error) {
    return new StoreError('invalid_image', 'the file system of the image store does not allow such a name', {
      cause: error,
    });
  }
  return new StoreError('unavailable', `the image store's disk answered ${code}`, { cause: error });
}

/** Runs file operations and turns their errors into a store's. */
export async function onDisk<T>(operations: () => Promise<T>): Promise<T> {
  try {
    return await operations();
  } catch (error) {
    throw fromErrno(error);
  }
}

/**
 * Throws `unavailable` if a root is gone: that is a disk that is not mounted, and not a region without
 * images.
 */
export async function assertReachable(root: string): Promise<void> {
  await stat(root).catch((cause) => {
    throw new StoreError('unavailable', "the image store's folder cannot be reached", { cause });
  });
}
