import { randomBytes } from 'node:crypto';
import { DeleteObjectCommand } from '@aws-sdk/client-s3';
import { expect, test } from 'vitest';
import type { Leftover } from '../../src/stores/index.ts';
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

/** Leaves of an image what a commit leaves whose request has come when all else was discarded. */
async function lateRecord(...gone: string[]) {
  const ref = bench.ref(DATA);
  await makeImage(bench.store, ref, DATA);
  const { client, bucket: Bucket } = bench.current;
  for (const name of gone)
    await client.send(new DeleteObjectCommand({ Bucket, Key: `images/${ref.image_id}/${name}` }));
  return ref;
}

test('a record that came when its job was discarded is found with the mark of the job, and removed', async () => {
  const ref = await lateRecord('data', 'job');
  const [leftover, ...others] = await found();
  expect(others).toEqual([]);
  expect(leftover).toMatchObject({ kind: 'record', place: ref.image_id, mark: ref.mark });
  expect(await leftover?.remove()).toBe(true);
  expect(await bench.current.traces()).toEqual([]);
});

test('a record stays to whose place data has come since it was listed', async () => {
  const ref = await lateRecord('data', 'job');
  const [leftover] = await found();
  await bench.current.put(`${ref.image_id}/data`, DATA);
  await leftover?.remove();
  expect(await bench.current.traces()).toEqual(
    ['data', 'image.json'].map((name) => `images/${ref.image_id}/${name}`),
  );
});

test('a record without a mark of ours belongs to somebody else, and is no leftover', async () => {
  await bench.current.put('x/image.json', '{}');
  expect(await found()).toEqual([]);
});

test('the record of an image whose data somebody has removed is no leftover', async () => {
  await lateRecord('data');
  expect(await found()).toEqual([]);
});
