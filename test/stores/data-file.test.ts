import { randomBytes } from 'node:crypto';
import { mkdtemp, open, readFile, rm, stat, statfs, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { borrowPages } from '../../src/memory/index.ts';
import { openDataFile } from '../../src/stores/disk/data-file.ts';

const PAGE = 4096;
const SIZE = 40 * PAGE + 123;
const EXT4 = 0xef53;
/** A folder in memory. */
const IN_MEMORY = '/dev/shm';

let folder: string;
let path: string;
const memory = borrowPages(64 * PAGE);

async function begin(parent: string): Promise<void> {
  folder = await mkdtemp(join(parent, 'image-replicator-test-'));
  path = join(folder, 'data');
  await writeFile(path, '');
}

beforeEach(() => begin(tmpdir()));
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Returns a copy of the bytes whose memory begins `shift` bytes after the start of a page. */
function inMemory(bytes: Uint8Array, shift = 0): Uint8Array {
  memory.set(bytes, shift);
  return memory.subarray(shift, shift + bytes.length);
}

/**
 * The writes that are tested. Each has an offset, a size, and the distance from the start of a page to the
 * memory of its data; bytes.
 */
const WRITES = [
  [8 * PAGE, 4 * PAGE, 0],
  [0, 2 * PAGE, 0],
  [2 * PAGE, 100, 0],
  [2 * PAGE + 100, 3 * PAGE - 100, 0],
  [5 * PAGE, 3 * PAGE, 1],
  [12 * PAGE, 2 * PAGE, 512],
  [20 * PAGE, 20 * PAGE + 123, 0],
] as const;

async function writeAll(cache: 'bypass' | 'keep'): Promise<Buffer> {
  const expected = Buffer.alloc(SIZE);
  const file = await openDataFile(path, { size: SIZE, cache });
  for (const [offset, length, shift] of WRITES) {
    const bytes = randomBytes(length);
    expected.set(bytes, offset);
    await file.write(offset, inMemory(bytes, shift));
  }
  await file.write(14 * PAGE, Buffer.alloc(PAGE));
  await file.close();
  return expected;
}

test.each(['bypass', 'keep'] as const)(
  'bytes are written to their places, whatever the offset, the length and the memory (%s)',
  async (cache) => {
    const expected = await writeAll(cache);
    expect((await readFile(path)).equals(expected)).toBe(true);
  },
);

test('zeros overwrite older data, and take no disk space elsewhere', async () => {
  await writeFile(path, randomBytes(PAGE));
  const file = await openDataFile(path, { size: SIZE, cache: 'bypass' });
  for (const offset of [0, 8 * PAGE]) await file.write(offset, inMemory(Buffer.alloc(2 * PAGE)));
  await file.close();
  expect((await readFile(path)).equals(Buffer.alloc(SIZE))).toBe(true);
  expect((await stat(path)).blocks * 512).toBeLessThanOrEqual(2 * PAGE);
});

test('after a file starts over, zeros overwrite what was written before', async () => {
  const file = await openDataFile(path, { size: SIZE, cache: 'bypass' });
  await file.write(0, inMemory(randomBytes(2 * PAGE)));
  file.startOver();
  await file.write(0, inMemory(Buffer.alloc(2 * PAGE)));
  await file.close();
  expect((await readFile(path)).equals(Buffer.alloc(SIZE))).toBe(true);
});

test('on a file system without direct writes, the bytes are written all the same', async () => {
  await rm(folder, { recursive: true });
  await begin(IN_MEMORY);
  const expected = await writeAll('bypass');
  expect((await readFile(path)).equals(expected)).toBe(true);
});

describe('direct I/O', async () => {
  const isOnADisk = (await statfs(tmpdir())).type === EXT4;

  test.skipIf(!isOnADisk)(
    'is used for data that fills whole pages and whose memory begins at a page',
    async () => {
      const file = await openDataFile(path, { size: SIZE, cache: 'bypass' });
      const written: number[] = [];
      const probe = await open(path);
      const spy = vi.spyOn(Object.getPrototypeOf(probe), 'write').mockImplementation(async function (this: {
        fd: number;
      }) {
        written.push(this.fd);
        return { bytesWritten: PAGE };
      });
      await probe.close();
      await file.write(0, inMemory(randomBytes(PAGE)));
      await file.write(PAGE, inMemory(randomBytes(100)));
      spy.mockRestore();
      const flags = await Promise.all(
        written.map(
          async (fd) => /flags:\s*(\d+)/.exec(await readFile(`/proc/self/fdinfo/${fd}`, 'utf8'))?.[1],
        ),
      );
      const O_DIRECT = 0o40000;
      expect(flags.map((octal) => (Number.parseInt(octal ?? '0', 8) & O_DIRECT) !== 0)).toEqual([
        true,
        false,
      ]);
      await file.close();
    },
  );
});
