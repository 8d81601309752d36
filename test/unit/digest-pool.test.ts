import { createHash, randomBytes } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Digest } from '../../src/transfer/digest-pool.ts';
import { createDigestPool, type DigestPool } from '../../src/transfer/index.ts';

const hashOf = (algorithm: string, bytes: string | Uint8Array = '') =>
  createHash(algorithm).update(bytes).digest('hex');
const sha512Of = (bytes?: string | Uint8Array) => ({ sha512: hashOf('sha512', bytes), md5: null });
/** The timeout of the tests that would hang if a call were never answered. */
const SOON = { timeout: 10_000 };

let pool: DigestPool;
beforeEach(() => {
  pool = createDigestPool(2);
});
afterEach(() => pool.close());

/** Hands over bytes from the middle of shared memory. */
function update(digest: Digest, bytes: Uint8Array): Promise<void> {
  const shared = new Uint8Array(new SharedArrayBuffer(bytes.length + 2)).subarray(1, 1 + bytes.length);
  shared.set(bytes);
  return digest.update(shared);
}

/** Makes a thread fail by a message that it does not expect. */
function kill(digest: Digest): Promise<void> {
  return digest.update({} as Uint8Array);
}

test('digests that share few threads are each computed from their own bytes', async () => {
  const jobs = Array.from({ length: 7 }, () => ({ digest: pool.create(), hash: createHash('sha512') }));
  for (let round = 0; round < 20; round++) {
    await Promise.all(
      jobs.map(async ({ digest, hash }) => {
        const bytes = randomBytes(1 + round * 997);
        hash.update(bytes);
        await update(digest, bytes);
      }),
    );
  }
  const digests = await Promise.all(jobs.map(({ digest }) => digest.finish()));
  expect(digests).toEqual(jobs.map(({ hash }) => ({ sha512: hash.digest('hex'), md5: null })));
});

test('updates are hashed in the order of the calls, even if nobody awaits them', async () => {
  const digest = pool.create();
  const pieces = Array.from({ length: 10 }, () => randomBytes(5000));
  const updates = pieces.map((bytes) => update(digest, bytes));
  expect(await digest.finish()).toEqual(sha512Of(Buffer.concat(pieces)));
  await Promise.all(updates);
});

test('bytes in memory that is not shared are hashed', async () => {
  const digest = pool.create();
  await digest.update(Buffer.from('abc'));
  expect(await digest.finish()).toEqual(sha512Of('abc'));
});

test('a digest without updates is the digest of an empty input', async () => {
  expect(await pool.create().finish()).toEqual(sha512Of());
});

test('a digest that is abandoned does not disturb the others', async () => {
  const single = createDigestPool(1);
  const [dropped, kept] = [single.create(), single.create()];
  await update(dropped, randomBytes(100));
  await update(kept, Buffer.from('kept'));
  dropped.drop();
  expect(await kept.finish()).toEqual(sha512Of('kept'));
  await single.close();
});

test('an md5 is computed beside the sha512 if it is asked for, and only then', async () => {
  const single = createDigestPool(1);
  const [both, one] = [single.create(['md5']), single.create()];
  const bytes = randomBytes(5000);
  await Promise.all([update(both, bytes), update(one, bytes)]);
  expect(await both.finish()).toEqual({ ...sha512Of(bytes), md5: hashOf('md5', bytes) });
  expect(await one.finish()).toEqual(sha512Of(bytes));
  await single.close();
});

test('a sha256 is computed if it is asked for', async () => {
  const digest = pool.create(['sha256', 'md5', 'sha512']);
  await update(digest, Buffer.from('abc'));
  expect(await digest.finish()).toEqual({
    ...sha512Of('abc'),
    md5: hashOf('md5', 'abc'),
    sha256: hashOf('sha256', 'abc'),
  });
});

test('an md5 without updates is the md5 of an empty input', async () => {
  expect(await pool.create(['md5']).finish()).toEqual({ ...sha512Of(), md5: hashOf('md5') });
});

test('the death of a thread rejects the calls that wait for it', SOON, async () => {
  const single = createDigestPool(1);
  const [first, second] = [single.create(), single.create()];
  const waiting = [kill(first), update(second, randomBytes(10)), second.finish()];
  const outcomes = await Promise.allSettled(waiting);
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
  await single.close();
});

test('calls to a thread that has died already are rejected', SOON, async () => {
  const digest = pool.create();
  await expect(kill(digest)).rejects.toThrow();
  await expect(update(digest, randomBytes(10))).rejects.toThrow();
  await expect(digest.finish()).rejects.toThrow();
});

test('a digest that begins after a death gets a live thread', SOON, async () => {
  const single = createDigestPool(1);
  await expect(kill(single.create())).rejects.toThrow();
  expect(await single.create().finish()).toEqual(sha512Of());
  await single.close();
});

test('the end of the pool rejects the calls that wait for it', SOON, async () => {
  const digest = pool.create();
  const waiting = update(digest, randomBytes(10));
  await pool.close();
  await Promise.allSettled([waiting]);
  await expect(digest.finish()).rejects.toThrow();
});
