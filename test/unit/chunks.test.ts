import { expect, test } from 'vitest';
import { type Chunks, createChunks } from '../../src/transfer/chunks.ts';
import { isPending } from './is-pending.ts';

const SIZE = 4;

/** Makes chunks for one user at a time. Two more chunks are kept, with the bytes from the offsets 0 and 8. */
async function twoKept(): Promise<Chunks> {
  const chunks = createChunks(1, 2, SIZE);
  for (const offset of [0, 8]) chunks.keep(offset, await filled(chunks, offset));
  return chunks;
}

async function filled(chunks: Chunks, value: number): Promise<Uint8Array> {
  return (await chunks.take()).fill(value);
}

test('the digest gets each kept chunk once, and whole', async () => {
  const chunks = await twoKept();
  chunks.keep(4, (await filled(chunks, 4)).subarray(0, 3));
  expect(chunks.nextKept()).toBe(0);
  expect(chunks.takeKept(4)).toEqual(Buffer.from([4, 4, 4]));
  expect([chunks.takeKept(4), chunks.takeKept(1)]).toEqual([undefined, undefined]);
});

test('threads share the chunks, and each chunk begins at a page', async () => {
  const chunks = createChunks(2, 0, 4096);
  const taken = [await chunks.take(), await chunks.take()];
  expect(
    taken.map(({ byteOffset, buffer }) => [byteOffset % 4096, buffer instanceof SharedArrayBuffer]),
  ).toEqual([
    [0, true],
    [0, true],
  ]);
  chunks.close();
});

test('while the digest is hashing a chunk, the next taker waits for that chunk', async () => {
  const chunks = await twoKept();
  const held = await chunks.take();
  const hashing = chunks.takeKept(0);
  const next = chunks.take();
  expect(await isPending(next)).toBe(true);
  if (hashing !== undefined) chunks.free(hashing);
  expect((await next).byteOffset).toBe(hashing?.byteOffset);
  expect(chunks.nextKept()).toBe(8);
  chunks.free(held);
});

test('when the digest waits too, the chunk that is kept farthest ahead is evicted', async () => {
  const chunks = await twoKept();
  await chunks.take();
  await chunks.take();
  expect([chunks.takeKept(8), chunks.nextKept()]).toEqual([undefined, 0]);
});

test('a taker that waits for the digest is served when the digest itself has to wait', async () => {
  const chunks = createChunks(3, 2, SIZE);
  for (const offset of [0, 8]) chunks.keep(offset, await filled(chunks, offset));
  for (const _held of [1, 2, 3]) await chunks.take();
  const hashing = chunks.takeKept(0);
  const waiting = [chunks.take(), chunks.take()];
  if (hashing !== undefined) chunks.free(hashing);
  expect(new Set(await Promise.all(waiting)).size).toBe(2);
  expect(chunks.nextKept()).toBe(Number.POSITIVE_INFINITY);
});

test('a chunk is freed as a whole, whatever part of it was used', async () => {
  const chunks = createChunks(1, 0, SIZE);
  chunks.free((await chunks.take()).subarray(0, 1));
  expect(await chunks.take()).toHaveLength(SIZE);
});
