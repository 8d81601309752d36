import { type FileHandle, open } from 'node:fs/promises';
import { addRange, type ByteRange } from '../image/index.ts';

/**
 * Which ranges of a partial are complete, one a line. Heartbeats come a few times a second, parts many times:
 * after a crash this knows more. It is not synced; what a loss of power makes of it, the digest finds out.
 */
export interface Journal {
  readonly ranges: readonly ByteRange[];
  add(range: ByteRange): Promise<void>;
  clear(): Promise<void>;
  close(): Promise<void>;
}

export async function openJournal(path: string): Promise<Journal> {
  const file = await open(path, 'a+');
  const ranges = await readRanges(file);
  return {
    ranges,
    async add([start, end]) {
      await file.write(`${start} ${end}\n`);
    },
    clear: () => file.truncate(0),
    close: () => file.close(),
  };
}

async function readRanges(file: FileHandle): Promise<readonly ByteRange[]> {
  const text = (await file.readFile()).toString();
  let ranges: readonly ByteRange[] = [];
  for (const [, start, end] of text.matchAll(/^(\d+) (\d+)\n/gm)) {
    ranges = addRange(ranges, [Number(start), Number(end)]);
  }
  return ranges;
}
