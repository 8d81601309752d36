import { afterEach, expect, test, vi } from 'vitest';
import { copyFor, fillSink } from './make-image.ts';
import { bytesOf } from './objects-under-test.ts';
import { DATA, freshShare } from './share-bench.ts';

const freeze = vi.hoisted(() => ({ before: async (_path: string) => {} }));
vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof import('node:fs/promises')>();
  return {
    ...real,
    unlink: async (path: string) => {
      await freeze.before(path);
      await real.unlink(path);
    },
  };
});
afterEach(() => {
  freeze.before = async () => {};
});

const share = freshShare();
const { refTo, commit } = share;

/** Starts a removal, which freezes when it has found nothing. Returns a function that wakes and awaits it. */
async function frozenRemoval(removal: () => Promise<unknown>): Promise<() => Promise<void>> {
  const [frozen, thawed] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  freeze.before = async (path) => {
    if (!/\/[0-9a-f]{64}$/.test(path)) return;
    freeze.before = async () => {};
    frozen.resolve();
    await thawed.promise;
  };
  const ended = removal().catch(() => {});
  await frozen.promise;
  return async () => {
    thawed.resolve();
    await ended;
  };
}

test.each([
  ['prepare', (ref: ReturnType<typeof refTo>) => share.objects.prepare(ref, 1, copyFor(ref, DATA))],
  ['discard', (ref: ReturnType<typeof refTo>) => share.objects.discard(ref, 1)],
])(
  'a %s that was frozen before there was a file leaves alone what later attempts make',
  async (_call, act) => {
    const ref = refTo('x');
    await share.objects.write('other', DATA, new AbortController().signal);
    const wake = await frozenRemoval(() => act(ref));
    await share.objects.prepare(ref, 2, copyFor(ref, DATA));
    const sink = await share.objects.openSink(ref, 3, DATA.length);
    await fillSink(sink, DATA);
    await wake();
    await sink.close();
    await commit(ref);
    expect((await bytesOf(share.objects, 'x')).equals(DATA)).toBe(true);
    expect(await share.everything()).toEqual(['other', 'x']);
  },
);
