import type { Digests } from '../image/index.ts';
import { DIGEST_CHUNKS } from './chunks.ts';
import type { Digest } from './digest-pool.ts';
import type { Ledger } from './ledger.ts';
import type { Staged } from './staging.ts';

/**
 * Returns the digests of `size` staged bytes. Hashes the bytes below the watermark while lanes still write
 * the bytes above it.
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
    await ledger.whenAbove(at, signal);
    signal.throwIfAborted();
    if (running.length === DIGEST_CHUNKS) await running.shift();
    const bytes = await staged.read(at, ledger.watermark);
    const hashed = digest.update(bytes).finally(() => staged.free(bytes));
    // Until `hashed` is awaited, its failure must not count as unhandled.
    hashed.catch(() => {});
    running.push(hashed);
    at += bytes.length;
  }
  await Promise.all(running);
  return digest.finish();
}
