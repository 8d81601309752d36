import { randomBytes } from 'node:crypto';
import { DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { expect, test } from 'vitest';
import { type Leftover, StoreError } from '../../src/stores/index.ts';
import { openBucket } from '../../src/stores/s3/bucket.ts';
import { imageLeftovers } from '../../src/stores/s3/leftovers.ts';
import { makeImage } from '../stores/make-image.ts';
import { storeBench } from '../stores/store-bench.ts';
import { openS3 } from './s3-under-test.ts';

const DATA = randomBytes(1_000_000);
const bench = storeBench(openS3);

async function found(): Promise<Leftover[]> {
  const leftovers: Leftover[] = [];
  for await (const leftover of imageLeftovers(openBucket(bench.current.options))) leftovers.push(leftover);
  return leftovers;
}

/** Makes what is left if the record of a commit arrives after everything else was discarded. */
async function lateRecord(...gone: string[]) {
  const ref = bench.ref(DATA);
  await makeImage(bench.store, ref, DATA);
  const { client, bucket: Bucket } = bench.current;
  for (const name of gone)
    await client.send(new DeleteObjectCommand({ Bucket, Key: `images/${ref.image_id}/${name}` }));
  return ref;
}

test('a record that arrived after a discard is found with the mark of its job, and removed', async () => {
  const ref = await lateRecord('data', 'job');
  const [leftover, ...others] = await found();
  expect(others).toEqual([]);
  expect(leftover).toMatchObject({ kind: 'record', place: ref.image_id, mark: ref.mark });
  expect(await leftover?.remove()).toBe(true);
  expect(await bench.current.traces()).toEqual([]);
});

test('a record stays if data has been written beside it after the list was made', async () => {
  const ref = await lateRecord('data', 'job');
  const [leftover] = await found();
  await bench.current.put(`${ref.image_id}/data`, DATA);
  expect(await leftover?.remove()).toBe(false);
  expect(await bench.current.traces()).toEqual(
    ['data', 'image.json'].map((name) => `images/${ref.image_id}/${name}`),
  );
});

test('a record that somebody else has removed in the meantime does not count as removed by us', async () => {
  const ref = await lateRecord('data', 'job');
  const [leftover] = await found();
  const { client, bucket: Bucket } = bench.current;
  await client.send(new DeleteObjectCommand({ Bucket, Key: `images/${ref.image_id}/image.json` }));
  expect(await leftover?.remove()).toBe(false);
});

test.each([[['data', 'job']], [['image.json', 'job']], [['image.json']]])(
  'a leftover that a job needs after all is kept, and not counted as removed (without %j)',
  async (gone) => {
    await lateRecord(...gone);
    const before = await bench.current.traces();
    const [leftover] = await found();
    const needed = async () => {
      throw new StoreError('conflict', 'its job goes on');
    };
    expect(await leftover?.remove(needed)).toBe(false);
    expect(await bench.current.traces()).toEqual(before);
  },
);

test('an object with an impossible mark is skipped, and the list goes on', async () => {
  const ref = await lateRecord('data', 'job');
  const { client, bucket: Bucket } = bench.current;
  const Metadata = { 'image-replicator-mark': '100%' };
  for (const [id, name] of [
    ['00000000-0000-4000-8000-000000000000', 'data'],
    ['00000000-0000-4000-8000-000000000001', 'image.json'],
  ])
    await client.send(new PutObjectCommand({ Bucket, Key: `images/${id}/${name}`, Body: 'x', Metadata }));
  expect((await found()).map(({ place }) => place)).toEqual([ref.image_id]);
});

test('a record without a mark of ours is not a leftover', async () => {
  await bench.current.put('x/image.json', '{}');
  expect(await found()).toEqual([]);
});

test('the record of an image whose data somebody has removed is not a leftover', async () => {
  await lateRecord('data');
  expect(await found()).toEqual([]);
});
