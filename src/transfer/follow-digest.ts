import type { Digests } from '../image/index.ts';
import type { Arrived } from './arrived.ts';
import type { Digest } from './digest-pool.ts';
import type { Ledger } from './ledger.ts';

/**
 * Chunks that the digest has at a time: one is being read, one is being hashed, one is on its way between
 * them.
 */
export const DIGEST_CHUNKS = 3;

/**
 * The digests of `size` bytes, as they come to stand below the watermark while the lanes still fill in above
 * it. The image's source is never read for it, not even after a crash.
 */
export async function followDigest(
  arrived: Arrived,
  ledger: Ledger,
  size: number,
  digest: Digest,
  signal: AbortSignal,
): Promise<Digests> {
  const running: Promise<void>[] = [];
  for (let at = 0; at < size; ) {
    await ledger.above(at, signal);
    signal.throwIfAborted();
    if (running.length === DIGEST_CHUNKS) await running.shift();
    const bytes = await arrived.read(at, ledger.watermark);
    const hashed = digest.update(bytes).finally(() => arrived.free(bytes));
    // Awaited in its turn; a failure before that is not unhandled.
    hashed.catch(() => {});
    running.push(hashed);
    at += bytes.length;
  }
  await Promise.all(running);
  return digest.finish();
}
