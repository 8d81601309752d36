import type { Digests } from '../image/index.ts';
import { atSide, type PartSink } from '../stores/index.ts';
import type { Chunks } from './chunks.ts';
import type { Digest } from './digest-pool.ts';
import type { Ledger } from './ledger.ts';

/** Chunks that the digest has at a time: one is being read, one is being hashed, one is on its way between them. */
export const DIGEST_CHUNKS = 3;

/** Where the bytes of an image are found that have arrived. */
export interface DigestSource {
  /** Some bytes from an offset, none of them from `end` on. They stay as they are until they are freed. */
  read(at: number, end: number): Uint8Array | Promise<Uint8Array>;
  free(bytes: Uint8Array): void;
}

/**
 * The digests of `size` bytes, as they come to stand below the watermark while the lanes still fill in above it.
 * The image's source is never read for it, not even after a crash.
 */
export async function followDigest(
  source: DigestSource,
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
    const bytes = await source.read(at, ledger.watermark);
    const hashed = digest.update(bytes).finally(() => source.free(bytes));
    // Awaited in its turn; a failure before that is not unhandled.
    hashed.catch(() => {});
    running.push(hashed);
    at += bytes.length;
  }
  await Promise.all(running);
  return digest.finish();
}

/** The bytes as they are kept in memory, and else as the sink has them. */
export function readingBack(sink: Pick<PartSink, 'readBack'>, chunks: Chunks): DigestSource {
  return {
    async read(at, end) {
      const kept = chunks.takeKept(at);
      if (kept !== undefined) return kept;
      const length = Math.min(chunks.size, end - at, chunks.nextKept() - at);
      const bytes = (await chunks.take()).subarray(0, length);
      await atSide('destination', () => sink.readBack(at, bytes));
      return bytes;
    },
    free: chunks.free,
  };
}
