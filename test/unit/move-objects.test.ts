import { expect, test } from 'vitest';
import { MIB } from '../../src/memory/index.ts';
import { type ObjectEntry, StoreError } from '../../src/stores/index.ts';
import { moveEachObject, type ObjectOutcome } from '../../src/transfer/index.ts';
import type { MoveOptions } from '../../src/transfer/small-objects.ts';
import { testLinks } from '../support/link.ts';
import { isPending } from './is-pending.ts';

type Read = (...call: Parameters<MoveOptions['source']['read']>) => Promise<number>;

/**
 * Makes a source in which each object holds its own path, and a destination that records what it is given.
 */
function rig(read: Read = async (path, into) => Buffer.from(into.buffer, into.byteOffset).write(path)) {
  const written = new Map<string, string>();
  const links = testLinks();
  const options: MoveOptions = {
    source: { read: async (...call) => ({ size: await read(...call), attributes: {} }) },
    destination: {
      loses: () => false,
      async write(path, data) {
        written.set(path, Buffer.from(data).toString());
      },
    },
    destinationPath: (path) => `to/${path}`,
    largest: 4 * MIB,
    endsAll: ({ code }) => code === 'unavailable',
    link: links.openForObjects({ from: undefined, to: undefined, regions: [] }),
    memory: links.memory,
    onWait() {},
    signal: new AbortController().signal,
    async confirm() {},
  };
  return { written, options };
}

async function* entries(...list: (string | ObjectEntry)[]): AsyncGenerator<ObjectEntry> {
  for (const entry of list) yield typeof entry === 'string' ? { path: entry, size: 10 } : entry;
}

async function all(outcomes: AsyncIterable<ObjectOutcome>): Promise<ObjectOutcome[]> {
  const list: ObjectOutcome[] = [];
  for await (const outcome of outcomes) list.push(outcome);
  return list;
}

test('objects are moved to their paths, and reported in the order of the list', async () => {
  const first = Promise.withResolvers<void>();
  const { written, options } = rig(async (path, into) => {
    if (path === 'a') await first.promise;
    if (path === 'c') first.resolve();
    return Buffer.from(into.buffer, into.byteOffset).write(path);
  });
  const outcomes = await all(moveEachObject(entries('a', 'b', 'c'), options));
  expect(outcomes).toEqual(['a', 'b', 'c'].map((path) => ({ path, bytes: 1, fault: null })));
  expect(Object.fromEntries(written)).toEqual({ 'to/a': 'a', 'to/b': 'b', 'to/c': 'c' });
});

test('a fault of one object is the outcome of that object, and the others are moved', async () => {
  const gone = new StoreError('not_found', 'gone', { side: 'source' });
  const { written, options } = rig(async (path) => {
    if (path === 'b') throw gone;
    return 0;
  });
  const listed = new StoreError('invalid_image', 'no name', { side: 'source' });
  const list = entries('a', 'b', { path: 'c', size: 0, fault: listed }, { path: 'd', size: 4 * MIB });
  const outcomes = await all(moveEachObject(list, options));
  expect(outcomes.map(({ fault }) => fault?.code ?? null)).toEqual([
    null,
    'not_found',
    'invalid_image',
    'changed',
  ]);
  expect([...written.keys()]).toEqual(['to/a']);
});

test('a fault that concerns all objects ends the move once nothing is under way', async () => {
  const ended = Promise.withResolvers<void>();
  const { written, options } = rig(async (path, _into, signal) => {
    if (path === 'b') throw new StoreError('unavailable', 'away', { side: 'source' });
    // This read does not listen to the signal.
    await ended.promise;
    expect(signal.aborted).toBe(true);
    return 0;
  });
  const moving = all(moveEachObject(entries('c', 'b'), options));
  moving.catch(() => {});
  for (let turn = 0; turn < 10; turn++) expect(await isPending(moving)).toBe(true);
  ended.resolve();
  await expect(moving).rejects.toMatchObject({ code: 'unavailable', side: 'source' });
  const before = written.size;
  await new Promise(setImmediate);
  expect(written.size).toBe(before);
});

test("an abort ends the move with the signal's reason", async () => {
  const abort = new AbortController();
  const reason = new Error('enough');
  const { options } = rig(async (_path, _into, signal) => {
    abort.abort(reason);
    signal.throwIfAborted();
    return 0;
  });
  const moving = all(moveEachObject(entries('a', 'b'), { ...options, signal: abort.signal }));
  await expect(moving).rejects.toBe(reason);
});

test('ending the iteration early waits for the objects under way', async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const { written, options } = rig(async (path) => {
    if (path !== 'a') await promise;
    return 0;
  });
  const outcomes = moveEachObject(entries('a', 'b'), options);
  await outcomes.next();
  const left = outcomes.return(undefined);
  expect(await isPending(left)).toBe(true);
  resolve();
  await left;
  expect([...written.keys()]).toContain('to/a');
});

test('an object that is larger than usual is moved', async () => {
  const { options } = rig(async (_path, into) => into.length);
  const [outcome] = await all(moveEachObject(entries({ path: 'a', size: 3 * MIB }), options));
  expect(outcome?.bytes).toBeGreaterThanOrEqual(3 * MIB);
});
