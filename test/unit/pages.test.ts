import { expect, test } from 'vitest';
import { borrowPages, copyInto, MIB, pagesInUse, returnPages } from '../../src/memory/index.ts';

/** Returns how many bytes all pages have together, whether lent or idle. */
function all(): number {
  const { lent, idle } = pagesInUse();
  return lent + idle;
}

test('memory that was given back is lent again in other sizes, without allocating any', () => {
  const large = borrowPages(256 * MIB);
  const before = all();
  returnPages(large);
  const sizes = [128, 16, 64, 16, 32];
  const small = sizes.map((size) => borrowPages(size * MIB));
  expect(small.map(({ length }) => length / MIB)).toEqual(sizes);
  expect(all()).toBe(before);
  // They are given back in another order than that in which they were lent.
  for (const index of [3, 0, 4, 1, 2]) returnPages(small[index] ?? large);
  const again = borrowPages(256 * MIB);
  expect(all()).toBe(before);
  expect(again.buffer).toBe(large.buffer);
  returnPages(again);
});

test('pages that are lent at the same time do not overlap', () => {
  const pieces = [1, 2, 1, 4, 1].map((size) => borrowPages(size * MIB));
  const marked = pieces.map((piece, index) => Buffer.alloc(piece.length, index + 1));
  for (const [index, piece] of pieces.entries()) copyInto(piece, 0, marked[index] ?? piece);
  expect(pieces.map((piece, index) => marked[index]?.equals(piece))).toEqual(pieces.map(() => true));
  for (const piece of pieces) returnPages(piece);
});

test('pages begin at offsets that direct I/O accepts', () => {
  const pieces = [70_000, 1, 3 * MIB].map(borrowPages);
  expect(pieces.map(({ length }) => length)).toEqual([131_072, 65_536, 4 * MIB]);
  for (const { byteOffset, length } of pieces) expect(byteOffset % length).toBe(0);
  for (const piece of pieces) returnPages(piece);
});

test('a copy that wants more than a whole block gets a block of its own', () => {
  const before = all();
  const pages = borrowPages(600 * MIB);
  expect(pages.length).toBe(1024 * MIB);
  expect(all()).toBe(before + 1024 * MIB);
  returnPages(pages);
});
