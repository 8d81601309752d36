import type { Digests } from '../image/index.ts';
import { atSide, type PartSink } from '../stores/index.ts';
import type { Digest } from './digest-pool.ts';
import type { Ledger } from './ledger.ts';

const CHUNK = 1024 * 1024;
/** One is being read, one is being hashed, one is on its way between them. */
const BUFFERS = 3;

/**
 * The digests of `size` bytes as the sink has them: reads back whatever stands below the watermark, while the
 * lanes are still filling in above it. The source is never read for it, not even after a crash.
 */
export async function followDigest(
  sink: Pick<PartSink, 'readBack'>,
  ledger: Ledger,
  size: number,
  digest: Digest,
  signal: AbortSignal,
  onRead: (at: number) => void = () => {},
): Promise<Digests> {
  const idle: Promise<ArrayBuffer>[] = Array.from({ length: BUFFERS }, async () => new ArrayBuffer(CHUNK));
  for (let at = 0; at < size; ) {
    await ledger.above(at, signal);
    signal.throwIfAborted();
    const buffer = (await idle.shift()) ?? new ArrayBuffer(CHUNK);
    const length = Math.min(CHUNK, ledger.watermark - at);
    await atSide('destination', () => sink.readBack(at, new Uint8Array(buffer, 0, length)));
    const returned = digest.update(buffer, length);
    // Awaited when the buffer's turn comes again; a failure before that is not unhandled.
    returned.catch(() => {});
    idle.push(returned);
    at += length;
    onRead(at);
  }
  return digest.finish();
}
