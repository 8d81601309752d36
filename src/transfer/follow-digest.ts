import type { Digests } from '../image/index.ts';
import { atSide, type PartSink } from '../stores/index.ts';
import { type Chunks, createChunks } from './chunks.ts';
import type { Digest } from './digest-pool.ts';
import type { Ledger } from './ledger.ts';

/** Chunks that the digest has at a time: one is being read, one is being hashed, one is on its way between them. */
export const DIGEST_CHUNKS = 3;

/** What is being hashed. */
export interface Followed {
  readonly sink: Pick<PartSink, 'readBack'>;
  /** What the sink has. */
  readonly ledger: Ledger;
  /** Bytes of the image. */
  readonly size: number;
  readonly digest: Digest;
  readonly signal: AbortSignal;
  /** Everything below is read, if not yet hashed. */
  readonly onRead?: (at: number) => void;
}

/** As `hashBehind`, with nothing kept. */
export async function followDigest(followed: Followed): Promise<Digests> {
  const chunks = createChunks(DIGEST_CHUNKS, 0);
  return hashBehind(followed, chunks).finally(chunks.close);
}

/**
 * The digests of `size` bytes, as they come to stand below the watermark while the lanes still fill in above it:
 * from what is kept of them, and else as the sink has them. The source is never read for it, not even after a crash.
 */
export async function hashBehind(followed: Followed, chunks: Chunks): Promise<Digests> {
  const { sink, ledger, size, digest, signal, onRead } = followed;
  const running: Promise<void>[] = [];
  for (let at = 0; at < size; ) {
    await ledger.above(at, signal);
    signal.throwIfAborted();
    if (running.length === DIGEST_CHUNKS) await running.shift();
    const bytes =
      chunks.takeKept(at) ?? (await readBack(at, Math.min(ledger.watermark, chunks.nextKept()) - at));
    const hashed = digest.update(bytes).finally(() => chunks.free(bytes));
    // Awaited in its turn; a failure before that is not unhandled.
    hashed.catch(() => {});
    running.push(hashed);
    at += bytes.length;
    onRead?.(at);
  }
  return digest.finish();

  async function readBack(at: number, length: number): Promise<Uint8Array> {
    const chunk = await chunks.take();
    const bytes = chunk.subarray(0, Math.min(chunks.size, length));
    await atSide('destination', () => sink.readBack(at, bytes));
    return bytes;
  }
}
