import type { Digests } from '../image/index.ts';
import { DIGEST_CHUNKS } from './chunks.ts';
import type { Digest } from './digest-pool.ts';
import type { Ledger } from './ledger.ts';
import type { Staged } from './staging.ts';

/**
 * Returns the digests of `size` bytes. Hashes them below the watermark while the lanes still fill in above
 * it. The image's source is never read for it, not even after a crash.
 */
export async function followDigest(
  staged: Staged,
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
    const bytes = await staged.read(at, ledger.watermark);
    const hashed = digest.update(bytes).finally(() => staged.free(bytes));
    // Awaited in its turn; a failure before that is not unhandled.
    hashed.catch(() => {});
    running.push(hashed);
    at += bytes.length;
  }
  await Promise.all(running);
  return digest.finish();
}
