import { randomBytes } from 'node:crypto';
import { beforeEach, expect, test } from 'vitest';
import type { DestinationRef } from '../../src/stores/index.ts';
import { committing, copyFor, fillImage, inChunks, openStreamSink } from './make-image.ts';
import { storeBench } from './store-bench.ts';
import { codeOf, LAST, type MeddledStore, type OpenStore } from './store-under-test.ts';

const DATA = randomBytes(1_500_000);
const SIZE = DATA.length;

/**
 * Defines tests for stores whose tenants can upload into an image that a job is making. The data of a tenant
 * MUST stay.
 */
export function meddlingContract(openStore: OpenStore<MeddledStore>): void {
  const bench = storeBench(openStore);
  const { signal } = new AbortController();
  let ref: DestinationRef;
  beforeEach(async () => {
    ref = bench.ref(DATA);
    await bench.prepare(ref, DATA);
  });

  test.each([
    ['of the same size', randomBytes(SIZE)],
    ['of another size', randomBytes(1000)],
  ])("a tenant's own data %s is a conflict, and the image stays with the tenant", async (_what, theirs) => {
    await bench.current.uploadAsOwner(ref.image_id, theirs);
    expect(await codeOf(bench.store.openSink(ref, 1, SIZE))).toBe('conflict');
    await bench.store.discard(ref, LAST);
    expect(await bench.listed()).toEqual([ref.image_id]);
    expect((await bench.data(ref.image_id)).equals(theirs)).toBe(true);
    expect(await codeOf(bench.store.openSink(ref, 2, SIZE))).toBe('not_found');
  });

  test("a discard leaves a tenant's own data alone, even if no sink was opened in the meantime", async () => {
    const theirs = randomBytes(SIZE);
    await bench.current.uploadAsOwner(ref.image_id, theirs);
    await bench.store.discard(ref, LAST);
    await bench.store.discard(ref, LAST);
    expect((await bench.data(ref.image_id)).equals(theirs)).toBe(true);
  });

  test("our upload does not overwrite a tenant's own data that came first", async () => {
    const theirs = randomBytes(SIZE);
    const sink = await openStreamSink(bench.store, ref, 1, SIZE);
    await bench.current.uploadAsOwner(ref.image_id, theirs);
    expect(await codeOf(sink.upload(inChunks(DATA, 500_000), signal))).toBe('unavailable');
    expect(await codeOf(bench.store.openSink(ref, 2, SIZE))).toBe('conflict');
    expect((await bench.data(ref.image_id)).equals(theirs)).toBe(true);
  });

  test("a tenant's own data is accepted if it equals ours", async () => {
    await bench.current.uploadAsOwner(ref.image_id, DATA);
    expect((await openStreamSink(bench.store, ref, 1, SIZE)).whole).not.toBeNull();
    await bench.store.commit(committing(ref, DATA), LAST, copyFor(ref, DATA));
    expect(await bench.listed()).toEqual([ref.image_id]);
  });

  test("a tenant's own data is never committed as ours", async () => {
    await bench.current.uploadAsOwner(ref.image_id, randomBytes(SIZE));
    const commit = bench.store.commit(committing(ref, DATA), LAST, copyFor(ref, DATA));
    expect(await codeOf(commit)).toBe('digest_mismatch');
    expect(await bench.listed()).toEqual([]);
  });

  test('data with a wrong digest is removed by a discard', async () => {
    await bench.current.uploadAsOwner(ref.image_id, randomBytes(SIZE));
    const commit = bench.store.commit(committing(ref, DATA), LAST, copyFor(ref, DATA));
    expect(await codeOf(commit)).toBe('digest_mismatch');
    await bench.store.discard(committing(ref, DATA), LAST);
    expect(await bench.current.traces()).toEqual([]);
  });

  test('an image without data is not committed', async () => {
    const commit = bench.store.commit(committing(ref, DATA), LAST, copyFor(ref, DATA));
    expect(await codeOf(commit)).not.toBe('success');
    expect(await bench.listed()).toEqual([]);
  });

  test('an image can be discarded while it is not known whether its commit took effect', async () => {
    await fillImage(bench.store, ref, DATA);
    await bench.store.discard(committing(ref, DATA), LAST);
    expect(await bench.current.traces()).toEqual([]);
  });
}
