import { randomBytes, randomUUID } from 'node:crypto';
import {
  AbortMultipartUploadCommand,
  ListMultipartUploadsCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Leftover, ObjectStore, Watch } from '../../src/stores/index.ts';
import { openBucket } from '../../src/stores/s3/bucket.ts';
import { s3Objects } from '../../src/stores/s3/object-store.ts';
import { blockSinkContract } from '../stores/contract-block-sink.ts';
import { objectsContract } from '../stores/contract-objects.ts';
import { committing, copyFor, fillImage } from '../stores/make-image.ts';
import { asImages, asStore, bytesOf, pathsOf } from '../stores/objects-under-test.ts';
import { anyone, codeOf, FIRST, LAST, listed, newRef } from '../stores/store-under-test.ts';
import { losingAnswers } from './losing-answers.ts';
import { type BucketUnderTest, openObjects } from './s3-objects-under-test.ts';
import { SERVER } from './s3-under-test.ts';

objectsContract('s3', openObjects);
blockSinkContract("an s3 store's objects", () => asImages(openObjects), SERVER.listsChecksums);

let bucket: BucketUnderTest;
beforeEach(async () => {
  bucket = await openObjects();
});
afterEach(() => bucket.close());

const { signal } = new AbortController();

test('an object in the place of a job object that is larger than a job makes it is not read as one', async () => {
  const content = JSON.stringify({ mark: randomUUID(), upload_id: '', attempt: 1 });
  await bucket.put('.image-replicator/small/job', content);
  await bucket.put('.image-replicator/large/job', content.padEnd(1_000_000));
  const places: string[] = [];
  for await (const { place } of bucket.objects.leftovers()) places.push(place);
  expect(places).toEqual(['small']);
});

test('keys that stand for folders, and keys outside the prefix, are not objects', async () => {
  for (const path of ['a/', 'a/b', 'c/d/']) await bucket.put(path, Buffer.alloc(0));
  const { client, bucket: Bucket } = bucket.s3;
  for (const Key of ['images', 'images2/x', 'other']) {
    await client.send(new PutObjectCommand({ Bucket, Key, Body: 'x' })).catch(() => {});
  }
  const entries = [];
  for await (const entry of bucket.objects.list('', null)) entries.push(entry);
  expect(entries).toEqual([
    { path: 'a/b', size: 0 },
    { path: 'c/d/', size: 0, isFolder: true },
  ]);
  expect(await codeOf(bytesOf(bucket.objects, 'a/'))).toBe('invalid_image');
});

test('a list continues over several pages', async () => {
  const paths = Array.from({ length: 1100 }, (_, n) => `many/${String(n).padStart(4, '0')}`);
  for (let at = 0; at < paths.length; at += 50) {
    await Promise.all(paths.slice(at, at + 50).map((path) => bucket.put(path, 'x')));
  }
  expect(await pathsOf(bucket.objects, 'many/')).toEqual(paths);
  expect(await pathsOf(bucket.objects, 'many/', 'many/0033')).toEqual(paths.slice(34));
});

test('bytes that are damaged on their way are not written', async () => {
  const store = openBucket(bucket.s3.options);
  store.client.middlewareStack.add(
    (next) => (args) => {
      const request = args.request as { body?: unknown };
      request.body = Buffer.from('damaged');
      return next(args);
    },
    { step: 'finalizeRequest', priority: 'low' },
  );
  expect(await codeOf(s3Objects(store).write('x', Buffer.from('correct'), signal))).not.toBe('success');
  expect(await bucket.traces()).toEqual([]);
});

describe('a large object, which is copied to its path with several requests,', () => {
  const DATA = Buffer.alloc(300 * 1024 * 1024, 'large');
  const ref = newRef({ image_id: 'deep/large', digests: { sha512: null, md5: null } });
  const properties = { 'content-type': 'text/x', 'x-amz-meta-a': 'b', 'x-amz-tagging': 'c=d' };
  const commit = (objects: ObjectStore, watch?: Watch) =>
    objects.commit(committing(ref, DATA), LAST, copyFor(ref, DATA, { properties }), watch);

  /** Opens a store that calls `act` before each request that copies a piece. */
  function beforePieces(act: () => Promise<void> | void): ObjectStore {
    const store = openBucket(bucket.s3.options);
    store.client.middlewareStack.add(
      (next, { commandName }) =>
        async (args) => {
          if (commandName === 'UploadPartCopyCommand') await act();
          return next(args);
        },
      { step: 'initialize' },
    );
    return s3Objects(store);
  }

  /** Opens a store that is cut off after it has copied `most` pieces. */
  function copying(most: number): { objects: ObjectStore; copied: () => number } {
    let copied = 0;
    const objects = beforePieces(() => {
      if (copied === most) throw new Error('cut off');
      copied += 1;
    });
    return { objects, copied: () => copied };
  }

  const text = async () => bytesOf(bucket.objects, 'deep/large', DATA.length);

  beforeEach(async () => {
    await bucket.put('deep/large', 'old');
    await bucket.objects.prepare(ref, FIRST, copyFor(ref, DATA));
    await fillImage(asStore(bucket.objects), ref, DATA);
  });

  const leftovers = async () => {
    const found: Leftover[] = [];
    for await (const leftover of bucket.objects.leftovers()) found.push(leftover);
    return found;
  };

  const cutOff = async () => {
    expect(await codeOf(commit(copying(1).objects))).toBe('unavailable');
    expect((await text()).toString()).toBe('old');
  };

  test('is committed by the next call, which goes on where the last one stopped', async () => {
    await cutOff();
    const next = copying(10);
    await commit(next.objects);
    expect(next.copied()).toBe(1);
    await commit(bucket.objects);
    expect((await text()).equals(DATA)).toBe(true);
    expect(await bucket.traces()).toEqual(['deep/large']);
    const { record } = await bucket.objects.inspect(anyone('deep/large'));
    expect(record.properties).toEqual(properties);
  });

  test('is committed even if an answer is lost', async () => {
    await commit(s3Objects(losingAnswers(bucket.s3.options, 'PutObjectCommand')));
    expect((await text()).equals(DATA)).toBe(true);
    expect(await bucket.traces()).toEqual(['deep/large']);
  });

  test('is committed even if another attempt has committed it before', async () => {
    let other: Promise<void> | undefined;
    const late = beforePieces(() => {
      other ??= commit(bucket.objects);
      return other;
    });
    await commit(late);
    expect((await text()).equals(DATA)).toBe(true);
    expect(await bucket.traces()).toEqual(['deep/large']);
  });

  test('is committed by the next call if somebody has aborted its upload', async () => {
    const { client, bucket: Bucket } = bucket.s3;
    const late = beforePieces(async () => {
      const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket }));
      for (const { Key, UploadId } of Uploads)
        await client.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId }));
    });
    expect(await codeOf(commit(late))).toBe('unavailable');
    await commit(bucket.objects);
    expect((await text()).equals(DATA)).toBe(true);
  });

  test('is no longer committed after a stop, and reports progress otherwise', async () => {
    const stop = new AbortController();
    const reason = new Error('enough');
    const moved = vi.fn();
    const watch = { signal: stop.signal, moved, confirm: async () => {} };
    await expect(
      commit(
        beforePieces(() => stop.abort(reason)),
        watch,
      ),
    ).rejects.toBe(reason);
    expect([moved.mock.calls, (await text()).toString()]).toEqual([[], 'old']);
    await commit(bucket.objects, { ...watch, signal });
    expect(moved).toHaveBeenCalledTimes(2);
  });

  test('leaves only the old object after a discard', async () => {
    await cutOff();
    expect(await bucket.traces()).toContainEqual(expect.stringMatching(/^upload images\/deep\/large/));
    await bucket.objects.discard(ref, LAST);
    expect(await bucket.traces()).toEqual(['deep/large']);
    expect((await text()).toString()).toBe('old');
  });

  test('leaves only the old object after a sweep, if its job has ended during the commit', async () => {
    await cutOff();
    const [leftover, ...others] = await leftovers();
    expect(others).toEqual([]);
    // The bytes of the data, and of the piece of it that was copied.
    expect(leftover).toMatchObject({ mark: ref.mark, bytes: DATA.length + 256 * 1024 * 1024 });
    expect(await leftover?.remove()).toBe(true);
    expect(await bucket.traces()).toEqual(['deep/large']);
  });

  test('leaves no upload that the job could not record', async () => {
    const store = openBucket(bucket.s3.options);
    store.client.middlewareStack.add(
      (next, { commandName }) =>
        (args) => {
          if (commandName === 'PutObjectCommand') throw new Error('cut off');
          return next(args);
        },
      { step: 'initialize' },
    );
    const before = await bucket.traces();
    expect(await codeOf(commit(s3Objects(store)))).toBe('unavailable');
    expect(await bucket.traces()).toEqual(before);
  });
});

test.runIf(SERVER.storesFiles)('an object below the path of another object is a conflict', async () => {
  await bucket.put('a', 'a');
  expect(await codeOf(bucket.objects.write('a/b', Buffer.from('b'), signal))).toBe('conflict');
});

test('a path may be as long as its key allows', async () => {
  const longest = 1024 - 'images/'.length;
  expect(await codeOf(bytesOf(bucket.objects, 'x'.repeat(longest + 1)))).toBe('invalid_image');
  expect(await codeOf(bytesOf(bucket.objects, 'x'.repeat(longest)))).toBe('not_found');
});

test('objects are not listed as images of the region', async () => {
  await bucket.objects.write('x/y', randomBytes(10), signal);
  expect(await listed(bucket.s3.store)).toEqual([]);
});
