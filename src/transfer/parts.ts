import { planParts } from '../image/index.ts';
import { atSide, type PartSink } from '../stores/index.ts';
import { createChunks } from './chunks.ts';
import { DIGEST_CHUNKS, followDigest, readingBack } from './follow-digest.ts';
import { runLane } from './lane.ts';
import type { Run, TransferOptions } from './options.ts';
import { type Copied, isBadData, verify } from './verify.ts';

/** How far the lanes together come ahead of the digest, as long as they keep pace with each other. */
const AHEAD = 32;

/** Lanes read parts and write them where they belong at the destination; the digest follows behind them. */
export async function moveParts(options: TransferOptions, sink: PartSink, run: Run): Promise<Copied> {
  const { reader, size, expected, patience } = options;
  const { delivered: ledger, stop, onFault } = run;
  const digest = options.digests.create(expected.sha512 === null);
  const inherited = ledger.bytes;
  const queue = [...planParts(size, ledger.ranges)];
  const { signal } = stop;
  const chunks = createChunks(options.lanes + DIGEST_CHUNKS, AHEAD);
  const keeping = {
    async write(offset: number, chunk: Uint8Array) {
      try {
        await sink.write(offset, chunk);
      } catch (error) {
        chunks.free(chunk);
        throw error;
      }
      chunks.keep(offset, chunk);
    },
    complete: sink.complete,
  };
  const lane = { reader, sink: keeping, ledger, chunks, patience, signal, onFault };
  const lanes = Array.from({ length: Math.min(options.lanes, queue.length) }, () => runLane(queue, lane));
  const flushed = Promise.all(lanes).then(() => atSide('destination', () => sink.flush()));
  const hashed = followDigest(readingBack(sink, chunks), ledger, size, digest, signal);
  try {
    const [digests] = await Promise.all([hashed, flushed]);
    return verify(expected, digests, inherited > 0);
  } catch (error) {
    stop.abort(error);
    await Promise.allSettled([...lanes, flushed, hashed]);
    digest.drop();
    if (isBadData(error)) {
      ledger.clear();
      await atSide('destination', () => sink.reset());
    }
    throw error;
  } finally {
    chunks.close();
  }
}
