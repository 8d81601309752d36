import type { Digests } from '../image/index.ts';
import type { BlockSink } from '../stores/index.ts';
import { createChunks, DIGEST_CHUNKS } from './chunks.ts';
import type { Digest } from './digest-pool.ts';
import { followDigest } from './follow-digest.ts';
import type { Ledger } from './ledger.ts';
import { hashedFor, readingBack } from './staging.ts';

/**
 * Reads the finished image back from the destination and returns its digests.
 * @param delivered has all bytes of the image
 */
export async function hashWhole(
  sink: BlockSink,
  delivered: Ledger,
  size: number,
  digest: Digest,
  signal: AbortSignal,
): Promise<Digests> {
  const chunks = createChunks(DIGEST_CHUNKS, 0);
  const readBack = (offset: number, into: Uint8Array) => sink.readBack(offset, into, signal);
  const hashing = hashedFor(delivered, size, readingBack({ readBack }, chunks));
  return followDigest(hashing, delivered, size, digest, signal).finally(chunks.close);
}
