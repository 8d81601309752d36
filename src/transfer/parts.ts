import { knownDigests, PART_SIZE, planParts } from '../image/index.ts';
import { atSide, type PartSink } from '../stores/index.ts';
import { readingBack } from './arrived.ts';
import { createChunks } from './chunks.ts';
import { DIGEST_CHUNKS, followDigest } from './follow-digest.ts';
import { runLane } from './lane.ts';
import type { Run, TransferOptions } from './options.ts';
import { type Copied, isBadData, verify } from './verify.ts';

const MIB = 1024 * 1024;
/** Bytes that wait for the digest, at most. */
const MAX_KEPT = 64 * MIB;

/** Lanes read parts and write them where they belong at the destination; the digest follows behind them. */
export async function moveParts(options: TransferOptions, sink: PartSink, run: Run): Promise<Copied> {
  const { reader, size, expected, patience } = options;
  const { delivered: ledger, stop, onFault } = run;
  const digest = options.digests.create(knownDigests(expected));
  const inherited = ledger.bytes;
  const { partSize = PART_SIZE } = reader;
  const queue = planParts(size, ledger.ranges, partSize);
  const { signal } = stop;
  // As long as lanes keep pace with each other, they are no more than a part each ahead of the digest.
  const kept = Math.ceil(Math.min(options.lanes * partSize, size, MAX_KEPT) / MIB);
  const chunks = createChunks(options.lanes + DIGEST_CHUNKS, kept);
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
  const lanes = Array.from({ length: options.lanes }, () => runLane(queue, lane));
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
