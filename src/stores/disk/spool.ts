import { mkdir, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pause } from '../../wait/index.ts';
import type { PartSink } from '../data-port.ts';
import { StoreError } from '../store-error.ts';
import { fromErrno, isErrno } from './disk-errors.ts';
import { openPartFile, removePartFile } from './part-file.ts';

/** A copy that may have parts in a spool. */
export interface SpooledCopy {
  readonly workflow_id: string;
  /** Names the job: the id of its workflow's first run, which a reset keeps. */
  readonly mark: string;
  /** Id of the image in the making. */
  readonly image_id: string;
}

type SpooledImage = Omit<SpooledCopy, 'workflow_id'>;

/**
 * A folder on a worker's disk, where parts wait for an upload. A later attempt on this worker finds them, and
 * reads only the missing parts from the source.
 */
export interface Spool {
  /** Bytes that the spool may take. */
  readonly limit: number;
  /** Returns how many bytes all workers that share the folder have reserved. */
  reserved(): Promise<number>;
  /**
   * Opens a copy's file. Returns `null` if the whole spool is too small for it. Removes the files that the
   * job has left under an earlier image id. Then waits for room, and meanwhile calls `onWait` repeatedly.
   *
   * This call and the calls of the opened file throw `conflict` if a later attempt has opened the file,
   * `lost` if the disk has lost bytes that were written, and otherwise `unavailable`.
   */
  open(
    copy: SpooledCopy,
    attempt: number,
    size: number,
    signal: AbortSignal,
    onWait: () => void,
  ): Promise<PartSink | null>;
  /** Removes a copy's file, unless a later attempt has opened it. */
  remove(copy: SpooledImage, attempt: number): Promise<void>;
  /** Removes the files of copies that have ended. */
  sweep(isRunning: (copy: SpooledCopy) => Promise<boolean>): Promise<void>;
}

/** Matches the names that `nameOf` gives. Other files in the spool's folder stay. */
const OURS = /^[\w-]+%20[\w-]+$/;
/** Shortest pause before room is looked for again; milliseconds. */
const MIN_PAUSE = 500;
/** Age up to which a folder without `copy.json` may still be in the making; milliseconds. */
const MIN_ABANDONED_AGE = 60_000;

/** Opens a spool of at most `bytes`. Several workers may share the folder. */
export function openSpool({ path, bytes }: { readonly path: string; readonly bytes: number }): Spool {
  const folderOf = (copy: SpooledImage) => join(path, nameOf(copy));

  /** Returns the sum of the files' lengths. From its beginning, a file has the length of its image. */
  async function reserved(): Promise<number> {
    let sum = 0;
    for (const name of (await readdir(path)).filter((entry) => OURS.test(entry)))
      sum += (await lengthOf(join(path, name, 'data'))) ?? 0;
    return sum;
  }

  /**
   * Reserves room, and then checks that there was enough. If not, gives the room back and returns `false`. If
   * two workers reserve at once, at worst both have to try again.
   */
  async function reserve(copy: SpooledCopy, size: number): Promise<boolean> {
    const folder = folderOf(copy);
    if ((await lengthOf(join(folder, 'data'))) === size) return true;
    await makeFile(folder, copy, size);
    if ((await reserved()) <= bytes) return true;
    await rm(folder, { recursive: true, force: true });
    return false;
  }

  return {
    limit: bytes,
    // Before the first copy, there is no folder.
    reserved: () => reserved().catch(() => 0),
    async open(copy, attempt, size, signal, onWait) {
      if (size > bytes) return null;
      await inSpool(() => removeEarlier(path, copy));
      while (!(await inSpool(() => reserve(copy, size).catch(falseIfFull)))) {
        onWait();
        await pause(MIN_PAUSE * (1 + Math.random()), signal);
      }
      return withSpoolErrors(
        await inSpool(() => openPartFile({ folder: folderOf(copy), attempt, size, cache: 'keep' })),
      );
    },
    remove: (copy, attempt) => inSpool(() => removePartFile(folderOf(copy), attempt)),
    async sweep(isRunning) {
      for (const name of await readdir(path).catch(() => [])) {
        if (!OURS.test(name)) continue;
        const folder = join(path, name);
        const copy = await ownerOf(folder);
        const keep = copy === undefined ? await isNew(folder) : await isRunning(copy);
        if (!keep) await rm(folder, { recursive: true, force: true });
      }
    },
  };
}

/** Makes a copy's folder. Its file `data` is a single hole of `size` bytes. */
async function makeFile(folder: string, copy: SpooledCopy, size: number): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFile(join(folder, 'copy.json'), JSON.stringify(copy));
  // If only the data was removed, the journal still lists bytes that are not there.
  await rm(join(folder, 'parts'), { force: true });
  await writeFile(join(folder, 'data'), '');
  await truncate(join(folder, 'data'), size);
}

/** Removes the files that the same job has left under earlier image ids. */
async function removeEarlier(path: string, copy: SpooledCopy): Promise<void> {
  const currentName = nameOf(copy);
  const jobPrefix = nameOf({ ...copy, image_id: '' });
  for (const name of await readdir(path).catch(() => [])) {
    if (name.startsWith(jobPrefix) && name !== currentName)
      await rm(join(path, name), { recursive: true, force: true });
  }
}

function nameOf({ mark, image_id }: SpooledImage): string {
  return encodeURIComponent(`${mark} ${image_id}`);
}

/** Returns `false` if an error says that the disk is full. Throws every other error. */
function falseIfFull(error: unknown): false {
  if (fromErrno(error).code === 'quota_exceeded') return false;
  throw error;
}

/**
 * Runs operations on the worker's own disk. Their errors become `unavailable`, because they say nothing about
 * the image, and may be temporary. Only `conflict` and `lost` stay as they are.
 */
async function inSpool<T>(operation: () => Promise<T>): Promise<T> {
  try {
    return await operation();
  } catch (error) {
    const { code, message, cause } = fromErrno(error);
    if (code === 'conflict' || code === 'lost') throw error;
    throw new StoreError('unavailable', `the worker's spool: ${message}`, { cause });
  }
}

function withSpoolErrors(file: PartSink): PartSink {
  return {
    ...file,
    write: (offset, chunk) => inSpool(() => file.write(offset, chunk)),
    complete: (range) => inSpool(() => file.complete(range)),
    readBack: (offset, into) => inSpool(() => file.readBack(offset, into)),
    reset: () => inSpool(() => file.reset()),
  };
}

/** Returns the copy to which a folder belongs; `undefined` if its `copy.json` is missing or torn. */
async function ownerOf(folder: string): Promise<SpooledCopy | undefined> {
  try {
    return JSON.parse(await readFile(join(folder, 'copy.json'), 'utf8')) as SpooledCopy;
  } catch (error) {
    if (error instanceof SyntaxError || isErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
}

async function isNew(folder: string): Promise<boolean> {
  return stat(folder).then(
    ({ mtimeMs }) => Date.now() - mtimeMs < MIN_ABANDONED_AGE,
    () => false,
  );
}

/** Returns a file's length; `undefined` if there is no such file. */
async function lengthOf(file: string): Promise<number | undefined> {
  return (await stat(file).catch(() => undefined))?.size;
}
