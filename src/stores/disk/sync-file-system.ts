import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { StoreError } from '../store-error.ts';
import { fromErrno } from './disk-errors.ts';

const runCommand = promisify(execFile);

/** The words in which `sync` prints an error that has a meaning of its own, and the error's code. */
const KNOWN_ERRORS: readonly (readonly [string, string])[] = [
  ['No space left on device', 'ENOSPC'],
  ['Disk quota exceeded', 'EDQUOT'],
];

/**
 * Waits until everything that was written to the file system of a folder would survive a loss of power. One
 * syncfs(2) serves all files. An fsync(2) of each small file would take longer than writing it. Node.js
 * cannot call syncfs(2), so the program `sync` does. Throws `quota_exceeded`, and `unavailable`, also if the
 * program is missing.
 */
export async function syncFileSystem(folder: string): Promise<void> {
  try {
    // BusyBox knows the short option only. The words of errors are English in this locale.
    await runCommand('sync', ['-f', folder], { env: { PATH: process.env.PATH, LC_ALL: 'C' } });
  } catch (error) {
    throw syncError(error as Failure);
  }
}

/** How a program has ended. `code` is its exit status, or says why it could not be started. */
type Failure = Error & { readonly code?: string | number | null; readonly stderr?: string };

/** Returns the error of a `sync` that has failed. Tenants may see its message, so it names no path. */
function syncError(cause: Failure): StoreError {
  const { code, stderr = '' } = cause;
  if (typeof code === 'string') {
    const message = `the program \`sync\` cannot be run on the worker (${code}), but small files need it`;
    return new StoreError('unavailable', message, { cause });
  }
  const known = KNOWN_ERRORS.find(([words]) => stderr.includes(words));
  if (known !== undefined) return fromErrno(Object.assign(cause, { code: known[1] }));
  const message = "the image store's disk could not write everything (the program `sync` has failed)";
  return new StoreError('unavailable', message, { cause });
}
