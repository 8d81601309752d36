import { readdir, rename, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beingRemovedError, overtakenError } from '../refusals.ts';
import { ignoring } from './disk-errors.ts';

/**
 * The fence of a folder: a file whose name says which attempt may change the folder. The name is `fence-<n>`,
 * or `doomed-<n>` once the folder is being removed.
 *
 * An attempt takes the fence by a rename from the exact name that it has read. If another attempt has taken
 * the fence meanwhile, the rename fails, and the attempt reads the fence again.
 */
export interface Fence {
  /** The number of the highest attempt that has taken the folder, or -1 if none has. */
  readonly attempt: number;
  /** `true` if the folder is being removed. Then nobody may use it, and anybody may finish the removal. */
  readonly isDoomed: boolean;
  /**
   * Names of the fence's files, the highest last. If two calls make a fence at once, there are two for a
   * moment. A worker of an earlier version may have left several.
   */
  readonly names: readonly string[];
}

/** Reads the fence of a folder. Throws ENOENT if there is no such folder. */
export async function readFence(folder: string): Promise<Fence> {
  const found = (await readdir(folder)).flatMap((name) => {
    const [, kind, number] = /^(fence|doomed)-(\d+)$/.exec(name) ?? [];
    const attempt = Number(number);
    // No attempt has a larger number. With one, the name could not be made again from the number.
    if (!Number.isSafeInteger(attempt)) return [];
    return { name, isDoomed: kind === 'doomed', attempt };
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
 * Takes a folder for an attempt, and locks out all lower ones. Throws `conflict` if a higher attempt has the
 * folder, `not_found` if the folder is being removed, and ENOENT if there is none.
 */
export async function takeFence(folder: string, attempt: number): Promise<void> {
  const isTaken = await moveFence(folder, attempt, fenceName(attempt));
  if (!isTaken) throw beingRemovedError();
}

/**
 * Dooms a folder for an attempt: from now on, the folder can only be removed. Does nothing if the folder is
 * doomed already.
 * @param upTo the highest attempt from which the folder may be taken; `conflict` is thrown for a higher one
 * @throws ENOENT if there is no such folder
 */
export async function doomFolder(folder: string, attempt: number, upTo = attempt): Promise<void> {
  await moveFence(folder, upTo, `doomed-${attempt}`);
}

/**
 * Gives a folder's fence the name `to`. If the folder is doomed already, changes nothing and returns `false`.
 * Throws `conflict` if an attempt higher than `upTo` has the folder.
 */
async function moveFence(folder: string, upTo: number, to: string): Promise<boolean> {
  for (;;) {
    const fence = await readFence(folder);
    if (fence.isDoomed) return false;
    if (fence.attempt > upTo) throw overtakenError();
    const from = fence.names.at(-1);
    if (from === to) {
      for (const lower of fence.names.slice(0, -1)) await ignoring('ENOENT', unlink(join(folder, lower)));
      return true;
    }
    // If two calls find no fence at once, each makes one. Their next passes find both.
    if (from === undefined) await ignoring('EEXIST', writeFile(join(folder, to), '', { flag: 'wx' }));
    else await ignoring('ENOENT', rename(join(folder, from), join(folder, to)));
  }
}
