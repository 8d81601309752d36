import { DeleteObjectCommand, S3ServiceException } from '@aws-sdk/client-s3';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Confirm, ObjectStore } from '../../src/stores/index.ts';
import { openBucket } from '../../src/stores/s3/bucket.ts';
import { s3Objects } from '../../src/stores/s3/object-store.ts';
import { committing, copyFor, fillImage } from '../stores/make-image.ts';
import { noLonger, OLD } from '../stores/objects-bench.ts';
import { asStore, bytesOf } from '../stores/objects-under-test.ts';
import { codeOf, digestsOfBytes, FIRST, LAST, newRef } from '../stores/store-under-test.ts';
import { losingAnswers } from './losing-answers.ts';
import { type BucketUnderTest, openObjects } from './s3-objects-under-test.ts';

const { signal } = new AbortController();
const NEW = Buffer.from('what is written');
const LATER = Buffer.from('what a later job has put there');

let bucket: BucketUnderTest;
beforeEach(async () => {
  bucket = await openObjects();
});
afterEach(() => bucket.close());

const text = async (path: string) => (await bytesOf(bucket.objects, path)).toString();

async function remove(path: string): Promise<void> {
  const { client, bucket: Bucket } = bucket.s3;
  await client.send(new DeleteObjectCommand({ Bucket, Key: `images/${path}` }));
}

/**
 * Opens a bucket that records the commands that it sends. `act` is called right before each command is sent.
 * `count` tells how often this command was sent, this time included.
 */
function noting(act: (command: string, count: number, input: object) => Promise<void> | void = () => {}) {
  const store = openBucket(bucket.s3.options);
  const sent: string[] = [];
  store.client.middlewareStack.add(
    (next, { commandName = '' }) =>
      async (args) => {
        sent.push(commandName.replace('Command', ''));
        await act(commandName, sent.filter((name) => commandName.startsWith(name)).length, args.input);
        return next(args);
      },
    { step: 'finalizeRequest', priority: 'low' },
  );
  return { store, sent };
}

const isOfPath = (input: object) => 'Key' in input && input.Key === 'images/x';

/**
 * Opens objects whose writer is frozen right before its `nth` request. In the meantime a later job writes.
 */
function frozenAt(command: string, nth: number): { readonly objects: ObjectStore; readonly sent: string[] } {
  let count = 0;
  const { store, sent } = noting(async (name, _count, input) => {
    if (name !== command || !isOfPath(input)) return;
    count += 1;
    if (count === nth) await bucket.put('x', LATER);
  });
  return { objects: s3Objects(store), sent };
}

/**
 * Returns a `confirm` that succeeds once, and then refuses, as Temporal does once a later job has the path.
 */
const wantedOnce = () => vi.fn(noLonger).mockResolvedValueOnce();

describe('a small object', () => {
  test('is written with one request to an empty path', async () => {
    const { store, sent } = noting();
    await s3Objects(store).write('x', NEW, signal);
    expect([sent, await text('x')]).toEqual([['PutObject'], NEW.toString()]);
  });

  test('takes two requests to replace another object, once that is expected', async () => {
    for (const path of ['x', 'y', 'z']) await bucket.put(path, OLD);
    const { store, sent } = noting();
    const objects = s3Objects(store);
    for (const path of ['x', 'y', 'z', 'new', 'newer']) await objects.write(path, NEW, signal);
    const replaced = ['HeadObject', 'PutObject'];
    expect(sent).toEqual(['PutObject', ...replaced, ...replaced, ...replaced, ...replaced, 'PutObject']);
    for (const path of ['x', 'y', 'z', 'new', 'newer']) expect(await text(path)).toBe(NEW.toString());
  });

  test('that is late does not replace an object at a path that was empty before', async () => {
    const { objects } = frozenAt('PutObjectCommand', 1);
    await expect(objects.write('x', NEW, signal, {}, wantedOnce())).rejects.toThrow('no longer wanted');
    expect(await text('x')).toBe(LATER.toString());
  });

  test('that is late replaces only the object that its writer has seen', async () => {
    await bucket.put('x', OLD);
    const { objects } = frozenAt('PutObjectCommand', 2);
    const confirm = wantedOnce().mockResolvedValueOnce();
    await expect(objects.write('x', NEW, signal, {}, confirm)).rejects.toThrow('no longer wanted');
    expect(await text('x')).toBe(LATER.toString());
  });

  test('is confirmed after its writer has looked at the old object', async () => {
    await bucket.put('x', OLD);
    const asked: (number | undefined)[] = [];
    let lookedAt = 0;
    const { store } = noting((name) => {
      if (name === 'HeadObjectCommand') lookedAt = performance.now();
    });
    await s3Objects(store).write('x', NEW, signal, {}, async (since) => void asked.push(since));
    expect(asked).toEqual([undefined, expect.any(Number)]);
    expect(lookedAt - Number(asked[1])).toBeLessThan(1000);
    expect(Number(asked[1])).toBeGreaterThan(0);
  });

  test('is written if it is still wanted, even if another writer came first', async () => {
    await bucket.put('x', OLD);
    const { objects } = frozenAt('PutObjectCommand', 2);
    await objects.write('x', NEW, signal, {}, async () => {});
    expect(await text('x')).toBe(NEW.toString());
  });

  test('is written if the old object has been removed in the meantime', async () => {
    await bucket.put('x', OLD);
    const { store } = noting(async (name, count) => {
      if (name === 'PutObjectCommand' && count === 2) await remove('x');
    });
    await s3Objects(store).write('x', NEW, signal);
    expect(await text('x')).toBe(NEW.toString());
  });

  test('is written again if the answer is lost', async () => {
    for (const there of [false, true]) {
      if (there) await bucket.put('x', OLD);
      const attributes = { 'content-type': `text/${there}` };
      const confirm = vi.fn(async () => {});
      const objects = s3Objects(losingAnswers(bucket.s3.options, 'PutObjectCommand'));
      await objects.write('x', NEW, signal, attributes, confirm);
      expect(await text('x')).toBe(NEW.toString());
      expect(confirm.mock.calls.length).toBeGreaterThan(1);
    }
  });

  test('fails with a fault that may pass if other writers keep coming first', async () => {
    const { store } = noting(async (name, count) => {
      if (name === 'PutObjectCommand') await bucket.put('x', `other ${count}`);
    });
    expect(await codeOf(s3Objects(store).write('x', NEW, signal))).toBe('unavailable');
  });
});

/**
 * Opens a bucket whose server has no conditional writes, or does not allow the account to look at objects.
 */
function poorServer(lacks: 'conditions' | 'permission') {
  return noting((command, _count, input) => {
    const isConditional = 'IfMatch' in input || 'IfNoneMatch' in input;
    if (lacks === 'conditions' && isConditional) throw refusal('NotImplemented', 501);
    if (lacks === 'permission' && command === 'HeadObjectCommand') throw refusal('AccessDenied', 403);
  });
}

function refusal(name: string, httpStatusCode: number): S3ServiceException {
  return new S3ServiceException({ name, $fault: 'client', $metadata: { httpStatusCode } });
}

test.each(['conditions', 'permission'] as const)(
  'objects are written to a server without %s',
  async (lacks) => {
    await bucket.put('x', OLD);
    const { store, sent } = poorServer(lacks);
    const objects = s3Objects(store);
    for (const path of ['x', 'x', 'y']) await objects.write(path, NEW, signal, {}, async () => {});
    expect([await text('x'), await text('y')]).toEqual([NEW.toString(), NEW.toString()]);
    if (lacks === 'conditions') expect(sent).toEqual(Array(4).fill('PutObject'));
  },
);

describe.each([0, 2_500_000])('a large object of %d bytes', (size) => {
  const data = Buffer.alloc(size, 'large');
  const lastCommand = size === 0 ? 'PutObjectCommand' : 'CompleteMultipartUploadCommand';
  const ref = newRef({ image_id: 'x', digests: digestsOfBytes(data) });
  const commit = (objects: ObjectStore, confirm: Confirm = async () => {}) =>
    objects.commit(committing(ref, data), LAST, copyFor(ref, data), { signal, moved() {}, confirm });
  const bytes = () => bytesOf(bucket.objects, 'x', size + LATER.length);

  beforeEach(async () => {
    await bucket.objects.prepare(ref, FIRST, copyFor(ref, data));
    await fillImage(asStore(bucket.objects), ref, data);
  });

  test.each([false, true])(
    'that is late replaces only the object that its writer has seen (old object: %s)',
    async (there) => {
      if (there) await bucket.put('x', OLD);
      const { objects } = frozenAt(lastCommand, 1);
      await expect(commit(objects, wantedOnce())).rejects.toThrow('no longer wanted');
      expect(await text('x')).toBe(LATER.toString());
      await bucket.objects.discard(ref, LAST);
      expect([await text('x'), await bucket.traces()]).toEqual([LATER.toString(), ['x']]);
    },
  );

  test.each([false, true])(
    'is committed if it is still wanted, even if another writer came first (old object: %s)',
    async (there) => {
      if (there) await bucket.put('x', OLD);
      await commit(frozenAt(lastCommand, 1).objects);
      expect([(await bytes()).equals(data), await bucket.traces()]).toEqual([true, ['x']]);
    },
  );

  test.each([false, true])('is committed if an answer is lost (old object: %s)', async (there) => {
    if (there) await bucket.put('x', OLD);
    await commit(s3Objects(losingAnswers(bucket.s3.options, lastCommand)));
    expect([(await bytes()).equals(data), await bucket.traces()]).toEqual([true, ['x']]);
  });

  test('is committed to a server without conditional writes', async () => {
    await bucket.put('x', OLD);
    const { store } = noting((command, _count, input) => {
      const isConditional = 'IfMatch' in input || 'IfNoneMatch' in input;
      if (command === lastCommand && isOfPath(input) && isConditional) throw refusal('NotImplemented', 501);
    });
    await commit(s3Objects(store));
    expect([(await bytes()).equals(data), await bucket.traces()]).toEqual([true, ['x']]);
  });

  test('is committed even if nothing may be tidied up any more', async () => {
    let isThere = false;
    const { store } = noting((command, _count, input) => {
      if (isThere && command === 'PutObjectCommand') throw refusal('AccessDenied', 403);
      isThere ||= command === lastCommand && isOfPath(input);
    });
    await commit(s3Objects(store));
    expect((await bytes()).equals(data)).toBe(true);
    await bucket.objects.discard(ref, LAST);
    expect(await bucket.traces()).toEqual(['x']);
  });

  test('is committed even if the server first reports a conflict of the upload', async () => {
    let count = 0;
    const { store } = noting((command, _count, input) => {
      if (command === lastCommand && isOfPath(input) && count++ === 0)
        throw refusal('ConditionalRequestConflict', 409);
    });
    expect(await codeOf(commit(s3Objects(store)))).toBe(size === 0 ? 'success' : 'unavailable');
    await commit(bucket.objects);
    expect([(await bytes()).equals(data), await bucket.traces()]).toEqual([true, ['x']]);
  });
});
