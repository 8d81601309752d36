import { knownDigests, PART_SIZE, planParts } from '../image/index.ts';
import { atSide, type PartSink } from '../stores/index.ts';
import { createChunks, DIGEST_CHUNKS } from './chunks.ts';
import { followDigest } from './follow-digest.ts';
import { runLane } from './lane.ts';
import type { TransferOptions } from './options.ts';
import { type Run, settle } from './run.ts';
import { stagedInSink } from './staging.ts';
import { type Copied, verify } from './verify.ts';

const MIB = 1024 * 1024;
/** The most bytes that wait for the digest in memory. */
const MAX_KEPT = 64 * MIB;

/**
 * Moves an image to a destination that takes any byte at any time. Lanes read parts and write them where they
 * belong; the digest follows behind them.
 */
export async function moveParts(options: TransferOptions, sink: PartSink, run: Run): Promise<Copied> {
  const { reader, size, expected, patience } = options;
  const { delivered: ledger, onFault } = run;
  const { signal } = run.stop;
  const isResumed = ledger.bytes > 0;
  const { partSize = PART_SIZE } = reader;
  // As long as lanes keep pace with each other, they are no more than a part each ahead of the digest.
  const kept = Math.ceil(Math.min(options.lanes * partSize, size, MAX_KEPT) / MIB);
  const chunks = createChunks(options.lanes + DIGEST_CHUNKS, kept);
  const staging = stagedInSink(sink, chunks);
  const queue = planParts(size, ledger.ranges, partSize);
  const lane = { reader, staging, ledger, chunks, patience, signal, onFault };
  const lanes = Array.from({ length: options.lanes }, () => runLane(queue, lane));
  const flushed = Promise.all(lanes).then(() => atSide('destination', () => sink.flush()));
  const digest = options.digests.create(knownDigests(expected));
  const hashed = followDigest(staging, ledger, size, digest, signal);
  return settle(run, {
    copied: Promise.all([hashed, flushed]).then(([digests]) => verify(expected, digests, isResumed)),
    others: [...lanes, flushed, hashed],
    digest,
    async forget() {
      ledger.clear();
      await atSide('destination', () => sink.reset());
    },
    close: staging.close,
  });
}
