import type { Digests } from '../image/index.ts';
import type { BlockSink } from '../stores/index.ts';
import { createChunks, DIGEST_CHUNKS } from './chunks.ts';
import type { Digest } from './digest-pool.ts';
import { followDigest } from './follow-digest.ts';
import { Ledger } from './ledger.ts';
import { readingBack } from './staging.ts';

/** Reads the finished image back from the destination and returns its digests. */
export async function hashWhole(
  sink: BlockSink,
  size: number,
  digest: Digest,
  signal: AbortSignal,
): Promise<Digests> {
  const chunks = createChunks(DIGEST_CHUNKS, 0);
  const readBack = (offset: number, into: Uint8Array) => sink.readBack(offset, into, signal);
  const whole = new Ledger([[0, size]], 0);
  return followDigest(readingBack({ readBack }, chunks), whole, size, digest, signal).finally(chunks.close);
}
