import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { gathered } from '../../src/transfer/gather.ts';

/** What comes of chunks of these texts; a number is a pause of so many milliseconds. */
async function textsOf(script: readonly (string | number)[], size: number): Promise<string[]> {
  const texts: string[] = [];
  for await (const chunk of gathered(chunksOf(script), size)) texts.push(Buffer.from(chunk).toString());
  return texts;
}

async function* chunksOf(script: readonly (string | number)[]): AsyncGenerator<Uint8Array> {
  for (const step of script) {
    if (typeof step === 'number') await sleep(step);
    else yield Buffer.from(step);
  }
}

test.each([
  ['small chunks are put together', ['a', 'bc', 'd'], ['abcd']],
  ['a chunk is cut where the write is full', ['abc', 'def', 'g'], ['abcd', 'efg']],
  ['a chunk may fill several writes', ['abcdefghij'], ['abcd', 'efgh', 'ij']],
  ['chunks of no bytes are none', ['', 'a', '', 'b', ''], ['ab']],
  ['nothing is nothing', [], []],
])('%s', async (_what, script, expected) => {
  expect(await textsOf(script, 4)).toEqual(expected);
});

test('a source that pauses does not hold back what it has sent', async () => {
  expect(await textsOf(['ab', 500, 'cd'], 1000)).toEqual(['ab', 'cd']);
});

test('a chunk that is large enough is not copied', async () => {
  const chunk = Buffer.from('abcd');
  for await (const whole of gathered(
    (async function* () {
      yield chunk;
    })(),
    4,
  ))
    expect(whole.buffer).toBe(chunk.buffer);
});

test('what came before an error is not lost', async () => {
  const texts: string[] = [];
  const failing = async function* () {
    yield Buffer.from('ab');
    throw new Error('hung up');
  };
  const reading = (async () => {
    for await (const chunk of gathered(failing(), 1000)) texts.push(Buffer.from(chunk).toString());
  })();
  await expect(reading).rejects.toThrow('hung up');
  expect(texts).toEqual(['ab']);
});

test('whoever stops does not wait for a source that sends nothing, and the source is closed when it does', async () => {
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
  for await (const _chunk of gathered(hanging(), 1000)) break;
  resumed.resolve();
  await closed.promise;
});
