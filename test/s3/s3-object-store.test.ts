import { randomBytes } from 'node:crypto';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ObjectStore } from '../../src/stores/index.ts';
import { openBucket } from '../../src/stores/s3/bucket.ts';
import { s3Objects } from '../../src/stores/s3/object-store.ts';
import { stagingAt, stagingOf } from '../../src/stores/s3/staging.ts';
import { sweepUploads } from '../../src/stores/s3/sweep.ts';
import { createUpload } from '../../src/stores/s3/upload.ts';
import { blockSinkContract } from '../stores/contract-block-sink.ts';
import { objectsContract } from '../stores/contract-objects.ts';
import { copyFor, fillImage } from '../stores/make-image.ts';
import { asImages, asStore, pathsOf } from '../stores/objects-under-test.ts';
import { codeOf, listed, newRef } from '../stores/store-under-test.ts';
import { type BucketUnderTest, openObjects } from './s3-objects-under-test.ts';

objectsContract('s3', openObjects);
blockSinkContract("an s3 store's objects", () => asImages(openObjects));

let it: BucketUnderTest;
beforeEach(async () => {
  it = await openObjects();
});
afterEach(() => it.close());

const { signal } = new AbortController();

test('keys that stand for folders, and those beside the prefix, are no objects', async () => {
  for (const path of ['a/', 'a/b', 'c/d/']) await it.put(path, Buffer.alloc(0));
  const { client, bucket } = it.it;
  for (const Key of ['images', 'images2/x', 'other']) {
    await client.send(new PutObjectCommand({ Bucket: bucket, Key, Body: 'x' })).catch(() => {});
  }
  expect(await pathsOf(it.objects)).toEqual(['a/b']);
  expect(await codeOf(it.objects.read('a/', signal))).toBe('invalid_image');
});

test('a list goes on over its pages', async () => {
  const paths = Array.from({ length: 1100 }, (_, n) => `many/${String(n).padStart(4, '0')}`);
  for (let at = 0; at < paths.length; at += 50) {
    await Promise.all(paths.slice(at, at + 50).map((path) => it.put(path, 'x')));
  }
  expect(await pathsOf(it.objects, 'many/')).toEqual(paths);
  expect(await pathsOf(it.objects, 'many/', 'many/0033')).toEqual(paths.slice(34));
});

test('bytes that are damaged on their way are not written', async () => {
  const store = openBucket(it.it.options);
  store.client.middlewareStack.add(
    (next) => (args) => {
      const request = args.request as { body?: unknown };
      request.body = Buffer.from('damaged');
      return next(args);
    },
    { step: 'finalizeRequest', priority: 'low' },
  );
  expect(await codeOf(s3Objects(store).write('x', Buffer.from('correct'), signal))).not.toBe('success');
  expect(await it.traces()).toEqual([]);
});

describe('an object that takes several requests to copy to its path', () => {
  const DATA = Buffer.alloc(300 * 1024 * 1024, 'large');
  const ref = newRef({ image_id: 'deep/large', digests: { sha512: null, md5: null } });
  const commit = (objects: ObjectStore) => objects.commit({ ...ref, committing: true }, copyFor(ref, DATA));

  /** A client that is cut off before it has copied so many pieces. */
  function copying(most: number): { objects: ObjectStore; copied: () => number } {
    const store = openBucket(it.it.options);
    let copied = 0;
    store.client.middlewareStack.add(
      (next, { commandName }) =>
        (args) => {
          if (commandName !== 'UploadPartCopyCommand') return next(args);
          if (copied === most) throw new Error('cut off');
          copied += 1;
          return next(args);
        },
      { step: 'initialize' },
    );
    return { objects: s3Objects(store), copied: () => copied };
  }

  beforeEach(async () => {
    await it.put('deep/large', 'old');
    await it.objects.prepare(ref, copyFor(ref, DATA));
    await fillImage(asStore(it.objects), ref, DATA);
  });

  const cutOff = async () => {
    expect(await codeOf(commit(copying(1).objects))).toBe('unavailable');
    expect(Buffer.from(await it.objects.read('deep/large', signal)).toString()).toBe('old');
  };

  test('is committed by the next call, which goes on where the last one came to', async () => {
    await cutOff();
    const next = copying(10);
    await commit(next.objects);
    expect(next.copied()).toBe(1);
    await commit(it.objects);
    expect(Buffer.from(await it.objects.read('deep/large', signal)).equals(DATA)).toBe(true);
    expect(await it.traces()).toEqual(['deep/large']);
  });

  test('leaves nothing after a discard but what was there before', async () => {
    await cutOff();
    expect(await it.traces()).toContainEqual(expect.stringMatching(/^upload images\/deep\/large/));
    await it.objects.discard(ref);
    expect(await it.traces()).toEqual(['deep/large']);
    expect(Buffer.from(await it.objects.read('deep/large', signal)).toString()).toBe('old');
  });

  test('leaves no upload that the job could not take note of', async () => {
    const store = openBucket(it.it.options);
    store.client.middlewareStack.add(
      (next, { commandName }) =>
        (args) => {
          if (commandName === 'PutObjectCommand') throw new Error('cut off');
          return next(args);
        },
      { step: 'initialize' },
    );
    const before = await it.traces();
    expect(await codeOf(commit(s3Objects(store)))).toBe('unavailable');
    expect(await it.traces()).toEqual(before);
  });
});

test('a sweep aborts the old uploads of objects that no job names, and no others', async () => {
  const ref = newRef({ image_id: 'x' });
  await it.objects.prepare(ref, copyFor(ref, Buffer.alloc(1)));
  const kept = await it.traces();
  const store = openBucket(it.it.options);
  const others = await createUpload(store, store.keys.bare('x'));
  for (const staging of [stagingOf(store, ref), stagingAt(store, 'unheard-of')]) {
    await createUpload(staging, staging.keys.data('x'));
  }
  await sweepUploads(store, new Date(Date.now() + 60_000));
  expect(await it.traces()).toEqual([...kept, `upload images/x ${others.UploadId}`].sort());
});

test('a path is as long as its key may be', async () => {
  const longest = 1024 - 'images/'.length;
  expect(await codeOf(it.objects.read('x'.repeat(longest + 1), signal))).toBe('invalid_image');
  expect(await codeOf(it.objects.read('x'.repeat(longest), signal))).toBe('not_found');
});

test('the images of a region are there without the objects', async () => {
  await it.objects.write('x/y', randomBytes(10), signal);
  expect(await listed(it.it.store)).toEqual([]);
});
