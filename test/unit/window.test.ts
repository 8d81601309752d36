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

test('there is room for later bytes as soon as enough earlier bytes are released', async () => {
  const window = createWindow(100, signal);
  await window.write(0, Buffer.alloc(100, 'a'));
  const room = window.waitForRoom(110);
  expect(await isPending(room)).toBe(true);
  window.release(9);
  expect(await isPending(room)).toBe(true);
  window.release(10);
  await room;
  await window.write(100, Buffer.alloc(10, 'b'));
  expect((await readBack(window, 90, 20)).toString()).toBe('a'.repeat(10) + 'b'.repeat(10));
});

test('a write for which there is no room fails at once, and changes nothing', async () => {
  const window = createWindow(100, signal);
  await window.write(0, Buffer.alloc(100, 'a'));
  await expect(window.write(95, Buffer.alloc(6, 'b'))).rejects.toThrow('no room');
  expect((await readBack(window, 0, 100)).toString()).toBe('a'.repeat(100));
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
  const waits = [window.waitForRoom(101), window.waitForRoom(500)];
  abort.abort(reason);
  for (const wait of waits) await expect(wait).rejects.toBe(reason);
  await expect(window.waitForRoom(900)).rejects.toBe(reason);
});
