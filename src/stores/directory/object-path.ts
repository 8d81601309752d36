import { ILL_FORMED } from '../../text/index.ts';
import { StoreError } from '../store-error.ts';

/** The folder of a share in which files are written before they become objects. No object is in it. */
export const HIDDEN = '.image-replicator';

/** Maximum length of a name in bytes (NAME_MAX, limits.h(0p)). */
const MAX_NAME_LENGTH = 255;

/** The folders on the way to a file, and the file's name. */
export interface ObjectPath {
  readonly folders: readonly string[];
  readonly name: string;
}

/** Splits a path into its steps. Throws `invalid_image` for a path that no file of a share can have. */
export function objectPath(path: string): ObjectPath {
  const steps = path.split('/');
  assertSteps(path, steps);
  return { folders: steps.slice(0, -1), name: steps.at(-1) ?? '' };
}

/** Returns the folders that a prefix names in full. Throws `invalid_image` if no path begins with them. */
export function prefixFolders(prefix: string): readonly string[] {
  const folders = prefix.split('/').slice(0, -1);
  assertSteps(prefix, folders);
  return folders;
}

function assertSteps(path: string, steps: readonly string[]): void {
  const refuse = (why: string) => {
    throw new StoreError('invalid_image', `${JSON.stringify(path)}: ${why}`);
  };
  if (!path.isWellFormed()) refuse(ILL_FORMED);
  if (path.includes('\0')) refuse('has a NUL character, which no file name can have');
  if (steps[0] === HIDDEN) refuse('is reserved for objects that are being written');
  for (const step of steps) {
    if (step === '') refuse('has an empty name: between two slashes, or at its beginning or end');
    if (step === '.' || step === '..') refuse(`has a folder or file named '${step}'`);
    if (Buffer.byteLength(step) > MAX_NAME_LENGTH)
      refuse(`has a folder or file whose name has more than ${MAX_NAME_LENGTH} bytes`);
  }
}
