import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { createWindow, type Window } from '../../src/transfer/window.ts';
import { isPending } from './is-pending.ts';
import { pseudoRandom } from './pseudo-random.ts';

const { signal } = new AbortController();

async function readBack(window: Window, offset: number, length: number): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for (let at = offset; at < offset + length; ) {
    const piece = await window.read(at, offset + length);
    pieces.push(Buffer.from(piece));
    at += piece.length;
  }
  return Buffer.concat(pieces);
}

test('written bytes are read back, in whatever order they came', async () => {
  const data = randomBytes(1000);
  const window = createWindow(1000, signal);
  await window.write(600, data.subarray(600));
  await window.write(0, data.subarray(0, 600));
  expect((await readBack(window, 0, 1000)).equals(data)).toBe(true);
  expect((await readBack(window, 590, 20)).equals(data.subarray(590, 610))).toBe(true);
});

test('a write ahead of the window waits only until there is room', async () => {
  const window = createWindow(100, signal);
  await window.write(0, Buffer.alloc(100, 'a'));
  const ahead = window.write(100, Buffer.alloc(10, 'b'));
  expect(await isPending(ahead)).toBe(true);
  window.release(9);
  expect(await isPending(ahead)).toBe(true);
  window.release(10);
  await ahead;
  expect((await readBack(window, 90, 20)).toString()).toBe('a'.repeat(10) + 'b'.repeat(10));
});

test('a chunk that is larger than the whole window passes through it', async () => {
  const data = randomBytes(950);
  const window = createWindow(100, signal);
  const writing = window.write(0, data);
  const pieces: Buffer[] = [];
  for (let at = 0; at < data.length; at += 50) {
    await new Promise(setImmediate);
    pieces.push(await readBack(window, at, 50));
    window.release(at + 50);
  }
  await writing;
  expect(Buffer.concat(pieces).equals(data)).toBe(true);
});

test('bytes stay in their places while a window slides over many of them', async () => {
  const random = pseudoRandom(7);
  const data = randomBytes(50_000);
  const window = createWindow(997, signal);
  for (let at = 0; at < data.length; ) {
    const length = Math.min(1 + random(997), data.length - at);
    await window.write(at, data.subarray(at, at + length));
    expect((await readBack(window, at, length)).equals(data.subarray(at, at + length))).toBe(true);
    at += length;
    window.release(at);
  }
});

test('a write copies the whole chunk before it returns, so that the buffer may be used again', async () => {
  const window = createWindow(100, signal);
  const chunk = Buffer.from('abc');
  await window.write(0, chunk);
  chunk.fill('x');
  expect((await readBack(window, 0, 3)).toString()).toBe('abc');
});

test('a write that waits for room does not hold up a write at a lower offset', async () => {
  const window = createWindow(100, signal);
  const ahead = window.write(150, Buffer.from('ahead'));
  await window.write(0, Buffer.from('behind'));
  expect((await readBack(window, 0, 6)).toString()).toBe('behind');
  window.release(100);
  await ahead;
  expect((await readBack(window, 150, 5)).toString()).toBe('ahead');
});

test('a later release at a lower offset does not take back room', async () => {
  const window = createWindow(100, signal);
  window.release(50);
  window.release(10);
  await window.write(140, Buffer.from('x'.repeat(10)));
});

test("an abort ends the waits with the signal's reason", async () => {
  const abort = new AbortController();
  const reason = new Error('enough');
  const window = createWindow(100, abort.signal);
  const waits = [window.write(100, Buffer.from('a')), window.write(500, Buffer.from('b'))];
  abort.abort(reason);
  for (const wait of waits) await expect(wait).rejects.toBe(reason);
  await expect(window.write(900, Buffer.from('c'))).rejects.toBe(reason);
});
