import { constants } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { type ByteRange, mergeRanges, watermark } from '../../image/index.ts';
import { MIB } from '../../memory/index.ts';
import { ignoring } from './disk-errors.ts';
import { openOwn } from './open-regular.ts';
import { readStart } from './read-start.ts';

const { O_RDONLY, O_RDWR, O_APPEND, O_CREAT } = constants;

/**
 * A file that notes which bytes of an unfinished file are there. It has a line `<start> <end>` for each range
 * that was written, and a line `<start> <end> durable` for each range that would survive a loss of power. A
 * loss of power may take lines of the journal, because nobody syncs it.
 */
export interface Journal {
  /** The ranges that had been written when the journal was opened. */
  readonly complete: readonly ByteRange[];
  /** The ranges that were noted as durable when the journal was opened. */
  readonly durable: readonly ByteRange[];
  add(range: ByteRange): Promise<void>;
  addDurable(ranges: readonly ByteRange[]): Promise<void>;
  clear(): Promise<void>;
  close(): Promise<void>;
}

/**
 * The largest part of a journal that is read; bytes. A file of 1 TiB that was written in parts of 8 MiB has a
 * journal of about this size. What later lines say is written once more.
 */
const MAX_READ = 8 * MIB;

/**
 * The largest number of ranges that are taken from a journal. A copy leaves fewer gaps than this. Somebody
 * else may have written the journal of a file share, and each range costs time during the whole copy.
 */
const MAX_RANGES = 1000;

/** Opens the journal at a path. Creates it if it is missing. Throws `invalid_image` if it is no file. */
export async function openJournal(path: string): Promise<Journal> {
  const file = await openOwn(path, O_RDWR | O_APPEND | O_CREAT);
  const ranges = await readRanges(file).catch(async (error) => {
    await file.close();
    throw error;
  });
  return {
    ...ranges,
    async add([start, end]) {
      await file.write(`${start} ${end}\n`);
    },
    async addDurable(synced) {
      const merged = mergeRanges(synced);
      await file.write(merged.map(([start, end]) => `${start} ${end} durable\n`).join(''));
    },
    clear: () => file.truncate(0),
    close: () => file.close(),
  };
}

/** Tells whether the complete ranges of the journal at a path cover the first `size` bytes. */
export async function journalCovers(path: string, size: number): Promise<boolean> {
  const file = await ignoring('ENOENT', openOwn(path, O_RDONLY));
  try {
    return watermark(rangesIn(file === undefined ? '' : await readStart(file, MAX_READ)).complete) >= size;
  } finally {
    await file?.close();
  }
}

async function readRanges(file: FileHandle): Promise<Ranges> {
  const text = await readStart(file, MAX_READ);
  // A crash may have torn the last line. The next line must not continue it.
  if (text !== '' && !text.endsWith('\n')) await file.write('\n');
  return rangesIn(text);
}

type Ranges = Pick<Journal, 'complete' | 'durable'>;

function rangesIn(text: string): Ranges {
  const complete: ByteRange[] = [];
  const durable: ByteRange[] = [];
  for (const [, start, end, isDurable] of text.matchAll(/^(\d{1,15}) (\d{1,15})( durable)?\n/gm))
    (isDurable === undefined ? complete : durable).push([Number(start), Number(end)]);
  return {
    complete: mergeRanges(complete).slice(0, MAX_RANGES),
    durable: mergeRanges(durable).slice(0, MAX_RANGES),
  };
}
