import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { type Chunks, createChunks } from '../../src/transfer/chunks.ts';
import { gathered } from '../../src/transfer/gather.ts';

/**
 * Gathers these texts into chunks, from an offset on. A number in the script is a pause in milliseconds.
 * Returns the chunks as texts.
 */
async function textsOf(script: readonly (string | number)[], size: number, offset = 0): Promise<string[]> {
  return collect(piecesOf(script), createChunks(1, 0, size), offset);
}

async function collect(
  pieces: AsyncIterable<Uint8Array>,
  chunks: Chunks,
  offset = 0,
  texts: string[] = [],
): Promise<string[]> {
  for await (const chunk of gathered(pieces, offset, chunks)) {
    texts.push(Buffer.from(chunk).toString());
    chunks.free(chunk);
  }
  return texts;
}

async function* piecesOf(script: readonly (string | number)[]): AsyncGenerator<Uint8Array> {
  for (const step of script) {
    if (typeof step === 'number') await sleep(step);
    else yield Buffer.from(step);
  }
}

test.each([
  ['small chunks are put together', ['a', 'bc', 'd'], ['abcd']],
  ['a chunk is cut when the write is full', ['abc', 'def', 'g'], ['abcd', 'efg']],
  ['a chunk may fill several writes', ['abcdefghij'], ['abcd', 'efgh', 'ij']],
  ['empty chunks are skipped', ['', 'a', '', 'b', ''], ['ab']],
  ['an empty source gives no chunks', [], []],
])('%s', async (_what, script, expected) => {
  expect(await textsOf(script, 4)).toEqual(expected);
});

test('a source that pauses does not hold back what it has sent', async () => {
  expect(await textsOf(['ab', 500, 'cd'], 1000)).toEqual(['ab', 'cd']);
});

test('pieces end at the same offsets, wherever the read begins', async () => {
  expect(await textsOf(['abc', 'defgh', 500, 'ij', 'klm'], 4, 2)).toEqual(['ab', 'cdef', 'gh', 'ij', 'klm']);
});

test('a yielded chunk belongs to the caller and is not overwritten', async () => {
  const yielded: Uint8Array[] = [];
  for await (const chunk of gathered(piecesOf(['abcdefgh']), 0, createChunks(2, 0, 4))) yielded.push(chunk);
  expect(Buffer.concat(yielded).toString()).toBe('abcdefgh');
});

test('no chunk stays taken when a caller stops early', async () => {
  const chunks = createChunks(1, 0, 4);
  for await (const chunk of gathered(piecesOf(['abcde']), 0, chunks)) {
    chunks.free(chunk);
    break;
  }
  expect(await collect(piecesOf(['fg']), chunks)).toEqual(['fg']);
});

test('bytes that came before an error are not lost', async () => {
  const texts: string[] = [];
  const failing = async function* () {
    yield Buffer.from('ab');
    throw new Error('hung up');
  };
  const reading = (async () => {
    await collect(failing(), createChunks(1, 0, 1000), 0, texts);
  })();
  await expect(reading).rejects.toThrow('hung up');
  expect(texts).toEqual(['ab']);
});

test('a caller that stops does not wait for a silent source, and the source is closed when it sends again', async () => {
  const closed = Promise.withResolvers<void>();
  const resumed = Promise.withResolvers<void>();
  const hanging = async function* () {
    try {
      yield Buffer.from('ab');
      await resumed.promise;
      yield Buffer.from('cd');
    } finally {
      closed.resolve();
    }
  };
  for await (const _chunk of gathered(hanging(), 0, createChunks(1, 0, 1000))) break;
  resumed.resolve();
  await closed.promise;
});
