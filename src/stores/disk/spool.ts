import { mkdir, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PartSink } from '../data-port.ts';
import { StoreError } from '../store-error.ts';
import { fromErrno, isErrno } from './disk-errors.ts';
import { openPartFile, removePartFile } from './part-file.ts';

/** A copy that may have parts in a spool. */
export interface SpooledCopy {
  readonly workflow_id: string;
  /** Names one execution of one job. */
  readonly mark: string;
  /** The image in the making. */
  readonly image_id: string;
}

type SpooledImage = Omit<SpooledCopy, 'workflow_id'>;

/** A folder where parts wait for an upload: what it has, no later attempt on this worker reads again. */
export interface Spool {
  /**
   * Opens a copy's file, once there is room for `size` bytes; `onWait` is told that there is none yet.
   * `null` where the whole spool is too small for it. What an earlier image of the same job has left goes.
   * Its errors, and the file's, are `conflict` where a later attempt has opened it, and else `unavailable`.
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
  /** Removes what belongs to copies that have ended, wherever they did. */
  sweep(isRunning: (copy: SpooledCopy) => Promise<boolean>): Promise<void>;
}

/** What is ours in a folder that may hold other things too. */
const OURS = /^[\w-]+%20[\w-]+$/;
const POLL = 500;
/** A folder that is only being made has no owner's name yet; milliseconds. */
const NEW = 60_000;

/** A spool of at most `bytes`. Several workers may share the folder. */
export function openSpool({ path, bytes }: { readonly path: string; readonly bytes: number }): Spool {
  const folderOf = (copy: SpooledImage) => join(path, nameOf(copy));

  /** A file is as long as its image from the beginning, so that its length is what it has reserved. */
  async function reserved(): Promise<number> {
    let sum = 0;
    for (const name of (await readdir(path)).filter((entry) => OURS.test(entry)))
      sum += await lengthOf(join(path, name, 'data'));
    return sum;
  }

  /** Reserves first and looks then: of two workers that do so at once, at the worst both try again. */
  async function reserve(copy: SpooledCopy, size: number): Promise<boolean> {
    const folder = folderOf(copy);
    if ((await lengthOf(join(folder, 'data'))) === size) return true;
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await writeFile(join(folder, 'copy.json'), JSON.stringify(copy));
    await writeFile(join(folder, 'data'), '');
    await truncate(join(folder, 'data'), size);
    if ((await reserved()) <= bytes) return true;
    await rm(folder, { recursive: true, force: true });
    return false;
  }

  async function removeEarlier(copy: SpooledCopy): Promise<void> {
    const own = nameOf(copy);
    const ofThisJob = nameOf({ ...copy, image_id: '' });
    for (const name of await readdir(path).catch(() => [])) {
      if (name.startsWith(ofThisJob) && name !== own)
        await rm(join(path, name), { recursive: true, force: true });
    }
  }

  return {
    async open(copy, attempt, size, signal, onWait) {
      if (size > bytes) return null;
      await inSpool(() => removeEarlier(copy));
      while (!(await inSpool(() => reserve(copy, size).catch(waitForRoom)))) {
        onWait();
        await sleep(POLL * (1 + Math.random()), undefined, { signal }).catch(() => signal.throwIfAborted());
      }
      return spooled(
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

function nameOf({ mark, image_id }: SpooledImage): string {
  return encodeURIComponent(`${mark} ${image_id}`);
}

/** A disk that is full has no room either. */
function waitForRoom(error: unknown): false {
  if (fromErrno(error).code === 'quota_exceeded') return false;
  throw error;
}

/** Nothing that goes wrong on the worker's own disk says anything of the image, nor lasts for ever. */
async function inSpool<T>(operation: () => Promise<T>): Promise<T> {
  try {
    return await operation();
  } catch (error) {
    const { code, message, cause } = fromErrno(error);
    if (code === 'conflict' || code === 'lost') throw error;
    throw new StoreError('unavailable', `the worker's spool: ${message}`, { cause });
  }
}

function spooled(file: PartSink): PartSink {
  return {
    ...file,
    write: (offset, chunk) => inSpool(() => file.write(offset, chunk)),
    complete: (range) => inSpool(() => file.complete(range)),
    readBack: (offset, into) => inSpool(() => file.readBack(offset, into)),
    reset: () => inSpool(() => file.reset()),
  };
}

/** `undefined` where none is named; a file that cannot be read may name one. */
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
    ({ mtimeMs }) => Date.now() - mtimeMs < NEW,
    () => false,
  );
}

async function lengthOf(file: string): Promise<number> {
  return stat(file).then(
    ({ size }) => size,
    () => 0,
  );
}
