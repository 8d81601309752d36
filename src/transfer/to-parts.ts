import { knownDigests } from '../image/index.ts';
import { atSide, type PartSink } from '../stores/index.ts';
import { createChunks, DIGEST_CHUNKS } from './chunks.ts';
import { followDigest } from './follow-digest.ts';
import { chunksOf, FAR_PART, PART_SIZE } from './memory-demand.ts';
import { moveAll } from './move-all.ts';
import type { TransferOptions } from './options.ts';
import { canShare, PartQueue } from './part-queue.ts';
import { type Run, settle } from './run.ts';
import { hashedFor, stagedInSink } from './staging.ts';
import { type Copied, verify } from './verify.ts';

/**
 * Moves an image to a destination that takes bytes in any order. Lanes read parts and write them at their
 * offsets; the digest follows behind the lanes.
 */
export async function moveToParts(options: TransferOptions, sink: PartSink, run: Run): Promise<Copied> {
  const { reader, size, expected, link, patience } = options;
  const { delivered: ledger, stop, onFault } = run;
  const { signal } = stop;
  const isResumed = ledger.bytes > 0;
  const { mostParts, kept } = chunksOf(options, options.memory.bytes);
  const chunks = createChunks(mostParts + DIGEST_CHUNKS, kept);
  const staging = stagedInSink(sink, chunks);
  const { partSize = PART_SIZE } = reader;
  const sharing = canShare(reader) ? { canShare: true } : { canShare: false, boundary: partSize };
  const queue = new PartQueue({ size, done: ledger.ranges, ...sharing });
  const moved = moveAll(queue, {
    ...{ reader, staging, ledger, chunks, patience, stop, signal, onFault },
    lanes: link.from,
    bandwidth: link.bandwidth,
    mostParts,
    partSize: () => partSize,
    farPart: FAR_PART,
  });
  const flushed = moved.then(() => atSide('destination', () => sink.flush()));
  const digest = options.digests.create(knownDigests(expected));
  const hashed = followDigest(hashedFor(ledger, size, staging), ledger, size, digest, signal);
  return settle(run, {
    copied: Promise.all([hashed, flushed]).then(([digests]) => verify(expected, digests, { isResumed })),
    others: [moved, flushed, hashed],
    digest,
    async forget() {
      ledger.clear();
      await atSide('destination', () => sink.reset());
    },
    close: staging.close,
  });
}
