import { readdir, rename, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beingRemovedError, overtakenError } from '../refusals.ts';
import { ignoring } from './disk-errors.ts';

/**
 * A fence says which attempt may change what is in a folder. It is one file with the attempt's number in its
 * name: `fence-<n>`, or `doomed-<n>` once the folder is being removed. An attempt takes the fence by renaming
 * it from the exact name that it has read, and rename(2) is atomic: if two attempts do so at once, one of
 * them finds the old name gone. So an attempt that was frozen between reading and renaming cannot take the
 * folder back from a later one.
 */
export interface Fence {
  /** The number of the highest attempt that has taken the folder, or -1 if none has. */
  readonly attempt: number;
  /**
   * `true` if the folder is being removed: nobody may use it any more, and anybody may finish the removal.
   */
  readonly isDoomed: boolean;
  /** Names of the fence's files. Workers of an earlier version may leave more than one. */
  readonly names: readonly string[];
}

/** Reads the fence of a folder. Throws ENOENT if there is no such folder. */
export async function readFence(folder: string): Promise<Fence> {
  const found = (await readdir(folder)).flatMap((name) => {
    const [, kind, number] = /^(fence|doomed)-(\d+)$/.exec(name) ?? [];
    return kind === undefined ? [] : [{ name, isDoomed: kind === 'doomed', attempt: Number(number) }];
  });
  return {
    attempt: Math.max(-1, ...found.map(({ attempt }) => attempt)),
    isDoomed: found.some(({ isDoomed }) => isDoomed),
    names: found.toSorted((a, b) => a.attempt - b.attempt).map(({ name }) => name),
  };
}

/** Returns the name of a fence that an attempt has taken. */
export function fenceName(attempt: number): string {
  return `fence-${attempt}`;
}

/**
 * Takes a folder for an attempt, and locks out all lower ones. Throws `conflict` if a higher one has it,
 * `not_found` if the folder is being removed, and ENOENT if there is none.
 */
export async function takeFence(folder: string, attempt: number): Promise<void> {
  const isTaken = await moveFence(folder, attempt, fenceName(attempt));
  if (!isTaken) throw beingRemovedError();
}

/**
 * Takes a folder's fence for a removal, for good. Throws ENOENT if there is no such folder.
 * @param upTo the highest attempt that this removal may override; throws `conflict` if a higher one has taken
 * the folder
 */
export async function doomFolder(folder: string, attempt: number, upTo = attempt): Promise<void> {
  await moveFence(folder, upTo, `doomed-${attempt}`);
}

/**
 * Renames a folder's fence to `to`, unless the folder is doomed. Returns whether the fence has that name now.
 */
async function moveFence(folder: string, upTo: number, to: string): Promise<boolean> {
  for (;;) {
    const fence = await readFence(folder);
    if (fence.isDoomed) return to === fence.names.at(-1);
    if (fence.attempt > upTo) throw overtakenError();
    const from = fence.names.at(-1);
    if (from === to) {
      for (const lower of fence.names.slice(0, -1)) await ignoring('ENOENT', unlink(join(folder, lower)));
      return true;
    }
    // Two calls that find no fence make one each. Their next passes find both.
    if (from === undefined) await ignoring('EEXIST', writeFile(join(folder, to), '', { flag: 'wx' }));
    else await ignoring('ENOENT', rename(join(folder, from), join(folder, to)));
  }
}
