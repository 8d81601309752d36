import { readdir, rename, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { overtaken } from '../refusals.ts';
import { StoreError } from '../store-error.ts';
import { ignoring, isErrno } from './disk-errors.ts';

/**
 * A fence tells which attempt may change what is in a folder. It is one file with the attempt's number in its
 * name: `fence-<n>`, or `doomed-<n>` once the folder is being removed. It moves only by a rename from the
 * exact name that was read, which rename(2) does in one step: of two attempts that move it at once, one finds
 * it gone. So an attempt that was frozen in between and goes on much later cannot take back what a later one
 * has taken.
 */
export interface Fence {
  /** The highest attempt that has taken the folder, or -1 if none has. */
  readonly attempt: number;
  /** True if the folder is being removed: nobody may use it any more, and anybody may finish the removal. */
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

/** Returns the name of the file by which an attempt holds a folder. */
export function fenceName(attempt: number): string {
  return `fence-${attempt}`;
}

/**
 * Takes a folder for an attempt, and locks out all lower ones. Throws `conflict` if a higher one has it,
 * `not_found` if the folder is being removed, and ENOENT if there is none.
 */
export async function takeFence(folder: string, attempt: number): Promise<void> {
  const isTaken = await moveFence(folder, attempt, fenceName(attempt));
  if (!isTaken) throw new StoreError('not_found', 'it is being removed');
}

/**
 * Gives a folder over to removal, for good. Throws ENOENT if there is none.
 * @param upTo the highest attempt from which it may be taken; `conflict` if a higher one has it
 */
export async function doomFolder(folder: string, attempt: number, upTo = attempt): Promise<void> {
  await moveFence(folder, upTo, `doomed-${attempt}`);
}

/**
 * Moves a folder's fence to the file `to`, unless the folder is doomed. Returns whether the fence is that
 * file.
 */
async function moveFence(folder: string, upTo: number, to: string): Promise<boolean> {
  for (;;) {
    const fence = await readFence(folder);
    if (fence.isDoomed) return to === fence.names.at(-1);
    if (fence.attempt > upTo) throw overtaken();
    const from = fence.names.at(-1);
    if (from === to) {
      for (const lower of fence.names.slice(0, -1)) await ignoring('ENOENT', unlink(join(folder, lower)));
      return true;
    }
    // Two calls that find no fence both make theirs. The next pass finds both.
    if (from === undefined) await writeFile(join(folder, to), '', { flag: 'wx' }).catch(unless('EEXIST'));
    else await rename(join(folder, from), join(folder, to)).catch(unless('ENOENT'));
  }
}

function unless(code: string): (error: unknown) => void {
  return (error) => {
    if (!isErrno(error, code)) throw error;
  };
}
