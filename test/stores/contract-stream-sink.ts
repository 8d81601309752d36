import { randomBytes } from 'node:crypto';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import type { DestinationRef, StreamSink } from '../../src/stores/index.ts';
import { until } from '../support/until.ts';
import { meddlingContract } from './contract-meddling.ts';
import { committing, copyFor, inChunks, openStreamSink } from './make-image.ts';
import { storeBench } from './store-bench.ts';
import {
  codeOf,
  digestsOfBytes,
  LAST,
  type MeddledStore,
  NO_DIGESTS,
  type OpenStore,
} from './store-under-test.ts';

const DATA = randomBytes(2_500_000);
const SIZE = DATA.length;

/** Defines tests for stores that take data as one upload. */
export function streamSinkContract(name: string, openStore: OpenStore<MeddledStore>): void {
  describe(`${name} store as it takes a stream`, () => uploadContract(openStore));
  describe(`${name} store as others meddle with it`, () => meddlingContract(openStore));
}

function uploadContract(openStore: OpenStore): void {
  const bench = storeBench(openStore);
  const { signal } = new AbortController();
  let ref: DestinationRef;
  beforeEach(async () => {
    ref = bench.ref(DATA);
    await bench.prepare(ref, DATA);
  });

  async function opened(attempt: number, as = ref): Promise<StreamSink> {
    const sink = await openStreamSink(bench.store, as, attempt, SIZE);
    onTestFinished(() => sink.close());
    return sink;
  }

  async function commit(): Promise<Buffer> {
    await bench.store.commit(committing(ref, DATA), LAST, copyFor(ref, DATA));
    return bench.data(ref.image_id);
  }

  test('a prepared image has no data, and an uploaded one has all of it', async () => {
    expect((await opened(1)).whole).toBeNull();
    await (await opened(1)).upload(inChunks(DATA, 100_000), signal);
    expect((await opened(2)).whole).toMatchObject(digestsOfBytes(DATA));
    expect((await commit()).equals(DATA)).toBe(true);
  });

  test.each([1000, 262_144, 999_999, 1_048_576, SIZE])(
    'an upload may come in chunks of %d bytes',
    async (size) => {
      await (await opened(1)).upload(inChunks(DATA, size), signal);
      expect((await commit()).equals(DATA)).toBe(true);
    },
  );

  test('the chunks of an upload may differ in size, and may be empty', async () => {
    async function* chunks() {
      yield DATA.subarray(0, 0);
      yield DATA.subarray(0, 1);
      yield DATA.subarray(1, 700_001);
      yield DATA.subarray(700_001, 700_001);
      yield DATA.subarray(700_001);
    }
    await (await opened(1)).upload(chunks(), signal);
    expect((await commit()).equals(DATA)).toBe(true);
  });

  test('an error among the chunks ends the upload with that error, and leaves nothing', async () => {
    const error = new Error('the digest is another one');
    async function* chunks() {
      yield* inChunks(DATA.subarray(0, SIZE - 1), 500_000);
      throw error;
    }
    await expect((await opened(1)).upload(chunks(), signal)).rejects.toBe(error);
    await expectNothing();
  });

  test("an abort ends an upload with the signal's reason, and leaves nothing", async () => {
    const abort = new AbortController();
    const reason = new Error('enough');
    const underWay = Promise.withResolvers<void>();
    const never = new Promise<void>(() => {});
    async function* chunks() {
      yield* inChunks(DATA.subarray(0, 1_000_000), 100_000);
      underWay.resolve();
      await never;
    }
    const upload = (await opened(1)).upload(chunks(), abort.signal);
    upload.catch(() => {});
    await underWay.promise;
    abort.abort(reason);
    await expect(upload).rejects.toBe(reason);
    await expectNothing();
  });

  test('an upload that was aborted before it began sends nothing', async () => {
    const reason = new Error('enough');
    const sink = await opened(1);
    await expect(sink.upload(inChunks(DATA, 1000), AbortSignal.abort(reason))).rejects.toBe(reason);
    await expectNothing();
  });

  test.each([
    ['shorter', DATA.subarray(0, SIZE - 1)],
    ['empty', Buffer.alloc(0)],
  ])('an upload that is %s than announced is never taken for the image', async (_how, data) => {
    expect(await codeOf((await opened(1)).upload(inChunks(data, 500_000), signal))).not.toBe('success');
    await expectNothing();
  });

  test('an upload that is longer than announced fails, and no image can be seen', async () => {
    const data = Buffer.concat([DATA, Buffer.from('x')]);
    // The surplus byte comes in the last chunk. By then a server may have all announced bytes, and take the
    // image for whole.
    expect(await codeOf((await opened(1)).upload(inChunks(data, 400_000), signal))).not.toBe('success');
    expect(await codeOf(bench.store.inspect(bench.own(ref.image_id)))).toBe('not_found');
    await bench.store.discard(ref, LAST);
    await until(async () => (await bench.current.traces()).length === 0);
  });

  /**
   * Expects that a failed upload has left nothing that can be seen. Expects also that the next upload
   * succeeds once the server has noticed the failure.
   */
  async function expectNothing(): Promise<void> {
    expect(await codeOf(bench.store.inspect(bench.own(ref.image_id)))).toBe('not_found');
    const next = await opened(2);
    expect(next.whole).toBeNull();
    await until(async () => {
      const code = await codeOf(next.upload(inChunks(DATA, 500_000), signal));
      if (code !== 'success') expect(code).toBe('unavailable');
      return code === 'success';
    });
    expect((await commit()).equals(DATA)).toBe(true);
  }

  test('a discard during an upload ends the upload, and leaves no trace', async () => {
    const underWay = Promise.withResolvers<void>();
    const discarded = Promise.withResolvers<void>();
    async function* chunks() {
      yield* inChunks(DATA.subarray(0, 1_000_000), 100_000);
      underWay.resolve();
      await discarded.promise;
      yield* inChunks(DATA.subarray(1_000_000), 100_000);
    }
    const upload = codeOf((await opened(1)).upload(chunks(), signal));
    await underWay.promise;
    // A Glance that notes the state of the upload at the same moment undoes the doom. Then the discard is
    // repeated.
    await until(async () => (await codeOf(bench.store.discard(ref, LAST))) !== 'unavailable');
    discarded.resolve();
    expect(await upload).toBe('not_found');
    await until(async () => (await bench.current.traces()).length === 0);
  });

  test('nothing can be uploaded after a discard', async () => {
    const sink = await opened(1);
    await bench.store.discard(ref, LAST);
    expect(await codeOf(sink.upload(inChunks(DATA, 500_000), signal))).toBe('not_found');
    expect(await bench.current.traces()).toEqual([]);
  });

  test('uploaded data of an unknown digest is `spoilt`, because nobody can tell whose data it is', async () => {
    const blind = { ...ref, digests: NO_DIGESTS };
    await (await opened(1, blind)).upload(inChunks(DATA, 500_000), signal);
    expect(await codeOf(opened(2, blind))).toBe('spoilt');
    await bench.store.discard(blind, LAST);
    expect(await bench.current.traces()).toEqual([]);
  });

  test('an md5 is enough to recognise an earlier upload', async () => {
    const { md5 } = digestsOfBytes(DATA);
    await (await opened(1)).upload(inChunks(DATA, 500_000), signal);
    expect((await opened(2, { ...ref, digests: { sha512: null, md5 } })).whole).toMatchObject({ md5 });
  });
}
