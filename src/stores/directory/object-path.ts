import { ILL_FORMED } from '../../text/index.ts';
import { StoreError } from '../store-error.ts';

/** Where a share has what is no object yet. No path leads there. */
export const HIDDEN = '.image-replicator';

/** Bytes (NAME_MAX, limits.h(0p)). */
const MAX_NAME_LENGTH = 255;

/** Of a path: the folders on its way, and the file's name. */
export interface ObjectPath {
  readonly folders: readonly string[];
  readonly name: string;
}

/** Throws `invalid_image` for a path that is none inside of a share. */
export function objectPath(path: string): ObjectPath {
  const steps = path.split('/');
  assertSteps(path, steps);
  return { folders: steps.slice(0, -1), name: steps.at(-1) ?? '' };
}

/** The folders that a prefix names in full. Throws `invalid_image` where no path begins with them. */
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
  if (path.includes('\0')) refuse('has a NUL character, which no file has in its name');
  if (steps[0] === HIDDEN) refuse('is kept for what is being written');
  for (const step of steps) {
    if (step === '') refuse('has an empty step');
    if (step === '.' || step === '..') refuse(`has the step ${step}`);
    if (Buffer.byteLength(step) > MAX_NAME_LENGTH) refuse(`has a step of more than ${MAX_NAME_LENGTH} bytes`);
  }
}
