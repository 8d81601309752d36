import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { DeleteObjectCommand } from '@aws-sdk/client-s3';
import { expect, test } from 'vitest';
import type { Leftover, Watch } from '../../src/stores/index.ts';
import { EXPIRY } from '../../src/stores/s3/brief-delete.ts';
import { type Bucket, openBucket } from '../../src/stores/s3/bucket.ts';
import { s3Destination } from '../../src/stores/s3/destination.ts';
import { imageLeftovers } from '../../src/stores/s3/leftovers.ts';
import { committing, copyFor, fillImage } from '../stores/make-image.ts';
import { storeBench } from '../stores/store-bench.ts';
import { codeOf, dataOf } from '../stores/store-under-test.ts';
import { openS3 } from './s3-under-test.ts';

// This data is small enough for one part of an upload, and so always has the same ETag.
const DATA = randomBytes(1_000_000);
const bench = storeBench(openS3);

/** Opens a bucket whose deletions of data wait right before they are sent, until `thaw` is called. */
function freezing(): { store: Bucket; frozen: Promise<void>; thaw(): void } {
  const store = openBucket(bench.current.options);
  const [frozen, thawed] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  return {
    store: {
      ...store,
      briefDelete: async (key, selected) => {
        const removal = await store.briefDelete(key, selected);
        if (removal === undefined) throw new Error('the server takes such removals');
        return {
          ...removal,
          async send() {
            if (!key.endsWith('/data')) return removal.send();
            frozen.resolve();
            await thawed.promise;
            return removal.send();
          },
        };
      },
    },
    frozen: frozen.promise,
    thaw: thawed.resolve,
  };
}

test('a removal that was frozen right before its request spares the image of a later run', async () => {
  const ref = bench.ref(DATA);
  const made = committing(ref, DATA);
  const copy = async (attempt: number) => {
    await bench.store.prepare(ref, attempt, copyFor(ref, DATA));
    await fillImage(bench.store, ref, DATA, attempt + 1);
    await bench.store.commit(made, attempt + 2, copyFor(ref, DATA));
  };
  await copy(1);
  const { store, frozen, thaw } = freezing();
  const discard = s3Destination(store).discard(made, 4);
  await frozen;
  await copy(5);
  thaw();
  await discard;
  expect((await dataOf(bench.store, ref.image_id)).equals(DATA)).toBe(true);
});

test('a removal that takes over from another one waits until the requests of the other have expired', async () => {
  const ref = bench.ref(DATA);
  await bench.store.prepare(ref, 1, copyFor(ref, DATA));
  await fillImage(bench.store, ref, DATA, 2);
  const { store, frozen, thaw } = freezing();
  const first = s3Destination(store).discard(ref, 3);
  await frozen;
  const begun = performance.now();
  await bench.store.discard(ref, 4);
  expect(performance.now() - begun).toBeGreaterThanOrEqual(EXPIRY);
  thaw();
  await first;
  expect(await bench.current.traces()).toEqual([]);
});

/** Lists the leftovers of a bucket. */
async function leftoversOf(store: Bucket): Promise<Leftover[]> {
  const leftovers: Leftover[] = [];
  for await (const leftover of imageLeftovers(store)) leftovers.push(leftover);
  return leftovers;
}

/** Makes an image's data without its job object, as a late request leaves it. Returns its reference. */
async function orphan() {
  const ref = bench.ref(DATA);
  await bench.make(ref, DATA);
  const { client, bucket: Bucket } = bench.current;
  for (const name of ['job', 'image.json'])
    await client.send(new DeleteObjectCommand({ Bucket, Key: `images/${ref.image_id}/${name}` }));
  return ref;
}

test('a sweep that was frozen right before it removes data without a job spares the image of a new job', async () => {
  const { image_id } = await orphan();
  const open = openBucket(bench.current.options);
  const { store, frozen, thaw } = freezing();
  const [[first], [second]] = [await leftoversOf(store), await leftoversOf(open)];
  const removal = first?.remove();
  await frozen;
  const isRemovedTwice = await second?.remove();
  const begun = performance.now();
  for (const leftover of await leftoversOf(open)) expect(await leftover.remove()).toBe(true);
  const next = bench.ref(DATA, { image_id });
  await bench.make(next, DATA);
  const took = performance.now() - begun;
  thaw();
  const isRemovedLate = await removal;
  expect((await dataOf(bench.store, image_id)).equals(DATA)).toBe(true);
  expect([isRemovedTwice, isRemovedLate]).toEqual([false, false]);
  expect(took).toBeGreaterThanOrEqual(EXPIRY);
});

test('data without a job goes with everything that its removal has put there', async () => {
  await orphan();
  const [leftover] = await leftoversOf(openBucket(bench.current.options));
  expect(await leftover?.remove()).toBe(true);
  expect(await bench.current.traces()).toEqual([]);
});

test('a removal of data without a job that fails leaves its reservation to the next sweep', async () => {
  const ref = await orphan();
  const open = openBucket(bench.current.options);
  const briefDelete: typeof open.briefDelete = async () => {
    throw new Error('the connection was reset');
  };
  const [failing] = await leftoversOf({ ...open, briefDelete });
  await expect(failing?.remove()).rejects.toThrow();
  const [left, ...others] = await leftoversOf(open);
  expect(others).toEqual([]);
  expect(left).toMatchObject({ kind: 'image in the making', place: ref.image_id, mark: ref.mark });
});

test('a removal without a confirmation removes nothing', async () => {
  const ref = bench.ref(DATA);
  await bench.store.prepare(ref, 1, copyFor(ref, DATA));
  await fillImage(bench.store, ref, DATA, 2);
  const watch: Watch = {
    signal: new AbortController().signal,
    moved: () => {},
    confirm: () => Promise.reject(new Error('the lease is lost')),
  };
  await expect(bench.store.discard(ref, 3, watch)).rejects.toThrow();
  expect(await bench.current.traces()).toContain(`images/${ref.image_id}/data`);
  expect(await codeOf(bench.store.discard(ref, 4))).toBe('success');
});

test('the server refuses a removal that was signed some seconds ago', async () => {
  await bench.current.put('old', DATA);
  const { briefDelete } = openBucket(bench.current.options);
  const [late, prompt] = [await briefDelete('images/old', {}), await briefDelete('images/old', {})];
  await sleep(EXPIRY);
  expect(await late?.send()).toBe(403);
  expect(late?.isLate()).toBe(true);
  expect(prompt?.isLate()).toBe(true);
  expect(await (await briefDelete('images/old', {}))?.send()).toBe(204);
  expect(await bench.current.traces()).toEqual([]);
});

test('a removal with the ETag of other data removes nothing', async () => {
  await bench.current.put('other', DATA);
  const { briefDelete } = openBucket(bench.current.options);
  const removal = await briefDelete('images/other', { etag: '"00000000000000000000000000000000"' });
  expect(await removal?.send()).toBe(412);
  expect(await bench.current.traces()).toEqual(['images/other']);
});
