import { randomBytes } from 'node:crypto';
import { ListObjectVersionsCommand } from '@aws-sdk/client-s3';
import { expect, onTestFinished, test } from 'vitest';
import { storeContract } from '../stores/contract.ts';
import { objectsContract } from '../stores/contract-objects.ts';
import { copyFor, fillImage, makeImage } from '../stores/make-image.ts';
import { asStore } from '../stores/objects-under-test.ts';
import { dataOf, FIRST, LAST, newRef } from '../stores/store-under-test.ts';
import { openObjects } from './s3-objects-under-test.ts';
import { openS3, S3_TRAITS, type S3UnderTest, SERVER } from './s3-under-test.ts';

const openVersioned = () => openS3({ versions: true });

storeContract('s3 with versions', openVersioned, { ...S3_TRAITS, reusesIds: SERVER.writesOverMarkers });
objectsContract('s3 with versions', () => openObjects({ versions: true }));

const DATA = randomBytes(6 * 1024 * 1024);

/** Lists the keys of the versions that hold data, including hidden versions. */
async function versionsOfData({ client, bucket: Bucket }: S3UnderTest): Promise<string[]> {
  const { Versions = [] } = await client.send(new ListObjectVersionsCommand({ Bucket }));
  return Versions.filter(({ Size = 0 }) => Size > 1024).map(({ Key = '' }) => Key);
}

test('no version of a discarded image stays', async () => {
  const bucket = await openVersioned();
  onTestFinished(() => bucket.close());
  const ref = newRef();
  await bucket.store.prepare(ref, FIRST, copyFor(ref, DATA));
  await fillImage(bucket.store, ref, DATA);
  expect(await versionsOfData(bucket)).toContain(`images/${ref.image_id}/data`);
  await bucket.store.discard(ref, LAST);
  expect(await versionsOfData(bucket)).not.toContain(`images/${ref.image_id}/data`);
});

test('a large object that is replaced has one version, beside that of the old object', async () => {
  const { s3, objects, put, close } = await openObjects({ versions: true });
  onTestFinished(close);
  await put('large', DATA.subarray(1));
  const store = asStore(objects);
  await makeImage(store, newRef({ image_id: 'large' }), DATA);
  expect((await dataOf(store, 'large')).equals(DATA)).toBe(true);
  expect(await versionsOfData(s3)).toEqual(['images/large', 'images/large']);
});
