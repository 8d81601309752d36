import { constants } from 'node:fs';
import { type FileHandle, open, readFile } from 'node:fs/promises';
import { addRange, type ByteRange, watermark } from '../../image/index.ts';
import { ignoring } from './disk-errors.ts';

const { O_RDWR, O_APPEND, O_CREAT, O_NOFOLLOW } = constants;

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

/** Opens the journal at a path. Creates it if it is missing. */
export async function openJournal(path: string): Promise<Journal> {
  const file = await open(path, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW);
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
      const merged = synced.reduce(addRange, [] as readonly ByteRange[]);
      await file.write(merged.map(([start, end]) => `${start} ${end} durable\n`).join(''));
    },
    clear: () => file.truncate(0),
    close: () => file.close(),
  };
}

/** Tells whether the complete ranges of the journal at a path cover the first `size` bytes. */
export async function journalCovers(path: string, size: number): Promise<boolean> {
  const text = (await ignoring('ENOENT', readFile(path, 'utf8'))) ?? '';
  return watermark(rangesIn(text).complete) >= size;
}

async function readRanges(file: FileHandle): Promise<Ranges> {
  const text = (await file.readFile()).toString();
  // A crash may have torn the last line. The next line must not continue it.
  if (text !== '' && !text.endsWith('\n')) await file.write('\n');
  return rangesIn(text);
}

type Ranges = Pick<Journal, 'complete' | 'durable'>;

function rangesIn(text: string): Ranges {
  let complete: readonly ByteRange[] = [];
  let durable: readonly ByteRange[] = [];
  for (const [, start, end, isDurable] of text.matchAll(/^(\d+) (\d+)( durable)?\n/gm)) {
    const range = [Number(start), Number(end)] as const;
    if (isDurable === undefined) complete = addRange(complete, range);
    else durable = addRange(durable, range);
  }
  return { complete, durable };
}
