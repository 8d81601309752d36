import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { compareDigests, type Digests, knownDigests } from '../image/index.ts';

/** Milliseconds from one empty chunk to the next. */
const KEEP_ALIVE_INTERVAL = 1000;
const NOTHING = new Uint8Array(0);

/** Tells whether at least one digest of the data is known. */
export function hasAnyDigest(digests: Digests | undefined): digests is Digests {
  return digests !== undefined && knownDigests(digests).length > 0;
}

/** Reads all bytes, and tells whether they have each of the digests that are known. */
export async function haveDigests(chunks: AsyncIterable<Uint8Array>, expected: Digests): Promise<boolean> {
  const hashes = knownDigests(expected).map((name) => [name, createHash(name)] as const);
  for await (const chunk of chunks) for (const [, hash] of hashes) hash.update(chunk);
  const found = Object.fromEntries(hashes.map(([name, hash]) => [name, hash.digest('hex')]));
  const verdict = compareDigests(expected, { sha512: null, md5: null, ...found });
  return verdict !== 'different' && verdict !== 'none';
}

/**
 * Yields empty chunks until the promise has settled: the transfer gives up on a reader that yields nothing.
 * Throws the error with which the promise rejects.
 */
export async function* keepAliveUntil(promise: Promise<unknown>): AsyncGenerator<Uint8Array> {
  const settled = promise.then(
    () => true,
    () => true,
  );
  for (;;) {
    const timer = new AbortController();
    const waited = sleep(KEEP_ALIVE_INTERVAL, false, { signal: timer.signal }).catch(() => false);
    const isSettled = await Promise.race([settled, waited]);
    timer.abort();
    if (isSettled) break;
    yield NOTHING;
  }
  await promise;
}
