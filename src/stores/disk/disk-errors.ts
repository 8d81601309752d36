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

/** Codes by which a file system refuses a path. In an error without a path, they mean something else. */
const BAD_NAME: ReadonlySet<string> = new Set(['EINVAL', 'EILSEQ', 'ENAMETOOLONG']);

/** Returns the code of a file operation's error (errno(3)); `undefined` if there is none. */
function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}

/** Tells whether a file operation failed with one of these codes (errno(3)). */
export function isErrno(error: unknown, ...codes: readonly string[]): boolean {
  return codes.includes(codeOf(error) ?? '');
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

/** Tells whether a file operation fails with this code. Throws every other error. */
export async function failsWith(code: string, operation: Promise<unknown>): Promise<boolean> {
  const outcome = operation.then(() => 'success');
  return (await ignoring(code, outcome)) !== 'success';
}

/** Turns a file operation's error into a StoreError. Tenants may see its message, so it names no path. */
export function fromErrno(error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  const code = codeOf(error) ?? 'with an error that has no code';
  const known = CODES[code];
  if (known !== undefined) return new StoreError(known[0], known[1], { cause: error });
  const hasPath = error instanceof Error && 'path' in error;
  if (BAD_NAME.has(code) && hasPath) {
    return new StoreError('invalid_image', 'the file system of the image store does not allow such a name', {
      cause: error,
    });
  }
  return new StoreError('unavailable', `the image store's disk answered ${code}`, { cause: error });
}

/** Runs file operations. Turns their errors into StoreErrors or, after an abort, into the signal's reason. */
export async function onDisk<T>(operations: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  try {
    return await operations();
  } catch (error) {
    throw signal?.aborted ? signal.reason : fromErrno(error);
  }
}

/**
 * Throws `unavailable` if a folder cannot be reached, for example because its disk is not mounted. A store
 * whose folder is missing MUST NOT look like a store without images.
 */
export async function assertReachable(folder: string): Promise<void> {
  await stat(folder).catch((cause) => {
    throw new StoreError('unavailable', "the image store's folder cannot be reached", { cause });
  });
}
