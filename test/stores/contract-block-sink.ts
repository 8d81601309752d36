import { randomBytes } from 'node:crypto';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import type { ByteRange } from '../../src/image/index.ts';
import type { BlockSink, DestinationRef } from '../../src/stores/index.ts';
import { planParts } from '../support/plan-parts.ts';
import { committing, copyFor, fillSink, openBlockSink } from './make-image.ts';
import { storeBench } from './store-bench.ts';
import { codeOf, LAST, type OpenStore } from './store-under-test.ts';

/** Data that fills several blocks of the usual size, and part of another one. */
const DATA = randomBytes(20_000_000);
const SIZE = DATA.length;
const { signal } = new AbortController();

/**
 * Defines tests for stores that take data in whole blocks, which can be read back only after they were
 * joined.
 * @param resumes `false` if blocks are lost when another attempt opens the image
 */
export function blockSinkContract(name: string, openStore: OpenStore, resumes = true): void {
  describe(`${name} store as it takes blocks`, () => {
    const bench = storeBench(openStore);
    let ref: DestinationRef;
    beforeEach(async () => {
      ref = bench.ref(DATA);
      await bench.prepare(ref, DATA);
    });

    async function opened(attempt: number, as = ref): Promise<BlockSink> {
      const sink = await openBlockSink(bench.store, as, attempt, SIZE);
      onTestFinished(() => sink.close());
      return sink;
    }
    const blocksOf = (sink: BlockSink) => [...planParts(SIZE, [], sink.blockSize)];
    const block = (sink: BlockSink, number: number): ByteRange => blocksOf(sink)[number] ?? [0, 0];
    const put = (sink: BlockSink, range: ByteRange, data = DATA) =>
      sink.put(range, data.subarray(...range), signal);
    const putAll = (sink: BlockSink, data = DATA) =>
      Promise.all(blocksOf(sink).map((range) => put(sink, range, data)));
    async function readBack(sink: BlockSink, [start, end]: ByteRange = [0, SIZE]): Promise<Buffer> {
      const back = Buffer.alloc(end - start);
      await sink.readBack(start, back, signal);
      return back;
    }
    async function commit(): Promise<Buffer> {
      await bench.store.commit(committing(ref, DATA), LAST, copyFor(ref, DATA));
      return bench.data(ref.image_id);
    }

    test('a prepared image has received nothing', async () => {
      expect((await opened(1)).received).toEqual([]);
    });

    test('an image can be made of blocks in any order, even if some are put more than once', async () => {
      const sink = await opened(1);
      for (const range of [...blocksOf(sink)].reverse()) await put(sink, range);
      await put(sink, block(sink, 1));
      await sink.flush(signal);
      expect((await readBack(sink)).equals(DATA)).toBe(true);
      expect((await commit()).equals(DATA)).toBe(true);
    });

    test('blocks may be put at the same time; if a block is put twice, its last bytes count', async () => {
      const sink = await opened(1);
      await putAll(sink, Buffer.alloc(SIZE, 'x'));
      await putAll(sink);
      await sink.flush(signal);
      expect((await commit()).equals(DATA)).toBe(true);
    });

    test.runIf(resumes)(
      'the next attempt knows which blocks were put, even if the last one was not closed',
      async () => {
        const first = await opened(1);
        await put(first, block(first, 2));
        await put(first, block(first, 0));
        const second = await opened(2);
        expect(second.received).toEqual([block(first, 0), block(first, 2)]);
        await put(second, block(first, 1));
        await second.flush(signal);
        expect((await commit()).equals(DATA)).toBe(true);
      },
    );

    test("a put that is aborted ends with the signal's reason, and may be repeated", async () => {
      const sink = await opened(1);
      const reason = new Error('enough');
      const range = block(sink, 0);
      await expect(sink.put(range, DATA.subarray(...range), AbortSignal.abort(reason))).rejects.toBe(reason);
      expect((await opened(1)).received).toEqual([]);
      await putAll(sink);
      await sink.flush(signal);
      expect((await commit()).equals(DATA)).toBe(true);
    });

    test('data is read back from any offset after a flush, also by the next attempt', async () => {
      const sink = await opened(1);
      await putAll(sink);
      await sink.flush(signal);
      const next = await opened(2);
      expect(next.received).toEqual([[0, SIZE]]);
      for (const range of [
        [0, 1000],
        [1000, 70_000],
        [5, 10],
        [SIZE - 3, SIZE],
      ] as const) {
        expect((await readBack(next, range)).equals(DATA.subarray(...range))).toBe(true);
      }
    });

    test.runIf(resumes)('a flush may be repeated, also by another sink of the image', async () => {
      const sink = await opened(1);
      await putAll(sink);
      const again = await opened(1);
      await sink.flush(signal);
      await sink.flush(signal);
      await again.flush(signal);
      await (await opened(2)).flush(signal);
      expect((await commit()).equals(DATA)).toBe(true);
    });

    test.each([false, true])(
      'a reset discards all data, whether it was flushed or not (%s), for this attempt and the next',
      async (flushed) => {
        const sink = await opened(1);
        await putAll(sink, Buffer.alloc(SIZE, 'x'));
        if (flushed) await sink.flush(signal);
        await sink.reset();
        await sink.reset();
        expect((await opened(1)).received).toEqual([]);
        const next = await opened(2);
        expect(next.received).toEqual([]);
        await putAll(next);
        await next.flush(signal);
        expect((await commit()).equals(DATA)).toBe(true);
      },
    );

    test.runIf(resumes)('a late prepare is refused, and the blocks that were put stay', async () => {
      const sink = await opened(1);
      await put(sink, block(sink, 0));
      expect(await codeOf(bench.prepare(ref, DATA))).toBe('conflict');
      expect((await opened(1)).received).toEqual([block(sink, 0)]);
    });

    const acts: [string, (sink: BlockSink) => Promise<void>][] = [
      ['put', (sink) => put(sink, block(sink, 0))],
      ['put together', (sink) => sink.flush(signal)],
      ['reset', (sink) => sink.reset()],
    ];

    test.each(acts)('after a discard nothing can be %s, and nothing is made again', async (_what, act) => {
      const sink = await opened(1);
      await putAll(sink);
      await bench.store.discard(ref, LAST);
      expect(await codeOf(act(sink))).toBe('not_found');
      expect(await bench.current.traces()).toEqual([]);
    });

    test.each(acts.slice(1))(
      'once a later attempt has opened the image, nothing can be %s by an earlier one',
      async (_what, act) => {
        const earlier = await opened(1);
        await putAll(earlier);
        const later = await opened(2);
        expect(await codeOf(act(earlier))).toBe('conflict');
        expect(await codeOf(opened(1))).toBe('conflict');
        await fillSink(later, DATA);
        expect((await commit()).equals(DATA)).toBe(true);
      },
    );

    test.each(acts.filter(([what]) => what !== 'put together'))(
      'after a commit nothing can be %s, and the image stays whole',
      async (_what, act) => {
        const sink = await opened(1);
        await putAll(sink);
        await sink.flush(signal);
        await commit();
        expect(['not_found', 'conflict']).toContain(await codeOf(act(sink)));
        expect((await bench.data(ref.image_id)).equals(DATA)).toBe(true);
      },
    );

    test("an attempt that was given up puts nothing into the next job's image", async () => {
      const zombie = await opened(1);
      await bench.store.discard(ref, LAST);
      const next = bench.ref(DATA, { image_id: ref.image_id });
      await bench.prepare(next, DATA);
      const sink = await opened(1, next);
      await putAll(sink);
      for (const [, act] of acts) await act(zombie).catch(() => {});
      await sink.flush(signal);
      expect((await readBack(sink)).equals(DATA)).toBe(true);
    });
  });
}
