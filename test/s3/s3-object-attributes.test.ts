/** Tests that the attributes of objects are moved with them from bucket to bucket. */
import { GetObjectTaggingCommand, HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { committing, copyFor, fillImage } from '../stores/make-image.ts';
import { asStore } from '../stores/objects-under-test.ts';
import { anyone, digestsOfBytes, FIRST, LAST, newRef } from '../stores/store-under-test.ts';
import { type BucketUnderTest, openObjects } from './s3-objects-under-test.ts';

const DATA = Buffer.from('<p>hello</p>');
const { signal } = new AbortController();

let from: BucketUnderTest;
let to: BucketUnderTest;
beforeEach(async () => {
  [from, to] = [await openObjects(), await openObjects()];
});
afterEach(async () => {
  await from.close();
  await to.close();
});

const HELD = {
  CacheControl: 'max-age=60',
  ContentDisposition: 'attachment; filename="page.html"',
  ContentEncoding: 'identity',
  ContentLanguage: 'de',
  ContentType: 'text/html; charset=utf-8',
  Metadata: { author: 'Ada  L.', 'x-y': '1' },
};
const TAGS = [
  { Key: 'project', Value: 'a b=c+d:e' },
  { Key: 'empty', Value: '' },
];

async function put(path: string, more: object = {}): Promise<void> {
  const Tagging = TAGS.map(({ Key, Value }) => `${Key}=${encodeURIComponent(Value)}`).join('&');
  const object = { Bucket: from.s3.bucket, Key: `images/${path}`, Body: DATA, ...HELD, Tagging, ...more };
  await from.s3.client.send(new PutObjectCommand(object));
}

/** Returns the attributes of an object at the destination. */
async function found(path: string) {
  const object = { Bucket: to.s3.bucket, Key: `images/${path}` };
  const head = await to.s3.client.send(new HeadObjectCommand(object));
  const { TagSet = [] } = await to.s3.client.send(new GetObjectTaggingCommand(object));
  const { CacheControl, ContentDisposition, ContentEncoding, ContentLanguage, ContentType, Metadata } = head;
  return {
    held: { CacheControl, ContentDisposition, ContentEncoding, ContentLanguage, ContentType, Metadata },
    tags: TagSet.sort((a, b) => (b.Key ?? '').localeCompare(a.Key ?? '')),
  };
}

async function moveSmall(path: string) {
  const into = Buffer.alloc(100);
  const { size, attributes } = await from.objects.read(path, into, signal);
  await to.objects.write(path, into.subarray(0, size), signal, attributes);
  return attributes;
}

async function copyLarge(path: string): Promise<void> {
  const { record } = await from.objects.inspect(anyone(path));
  const ref = newRef({ image_id: path, digests: digestsOfBytes(DATA) });
  await to.objects.prepare(ref, FIRST, copyFor(ref, DATA));
  await fillImage(asStore(to.objects), ref, DATA);
  await to.objects.commit(committing(ref, DATA), LAST, { ...record, id: path });
}

test.each([
  ['small', moveSmall],
  ['large', copyLarge],
] as const)(
  'an object that is moved as a %s one keeps its header fields, metadata and tags',
  async (_, move) => {
    await put('a/page');
    await move('a/page');
    expect(await found('a/page')).toEqual({ held: HELD, tags: TAGS });
  },
);

test.each([
  ['small', moveSmall],
  ['large', copyLarge],
] as const)('an object that is moved as a %s one does not keep our mark', async (_, move) => {
  await put('x', { Metadata: { 'image-replicator-job': 'a', 'image-replicator-mark': 'b', own: 'c' } });
  await move('x');
  expect((await found('x')).held.Metadata).toEqual({ own: 'c' });
});

test('an object without attributes gets none', async () => {
  await from.put('plain', DATA);
  expect(await moveSmall('plain')).toEqual({});
  await copyLarge('plain');
  expect((await found('plain')).held.Metadata).toEqual({});
});

test('attributes that an object in a bucket cannot have are reported and left out', async () => {
  const file = { mode: '644', modified: '2026-11-28T00:00:00.000Z' };
  expect(to.objects.loses(file)).toBe(true);
  expect(to.objects.loses({ 'content-disposition': 'filename="\u00fc"' })).toBe(true);
  expect(to.objects.loses({ 'content-type': 'a/b', 'x-amz-meta-a': 'b', 'x-amz-tagging': 'c=d' })).toBe(
    false,
  );
  await to.objects.write('x', DATA, signal, { ...file, 'x-amz-meta-a': '\u00fc', 'x-amz-meta-b': 'b' });
  expect((await found('x')).held.Metadata).toEqual({ b: 'b' });
});
