import { type ByteRange, knownDigests } from '../image/index.ts';
import { MIB } from '../memory/index.ts';
import { atSide, type BlockSink } from '../stores/index.ts';
import { followDigest } from './follow-digest.ts';
import { hashWhole } from './hash-whole.ts';
import { inLane } from './in-lane.ts';
import type { Ledger } from './ledger.ts';
import type { Link } from './links.ts';
import { PART_SIZE } from './memory-demand.ts';
import { moveAll } from './move-all.ts';
import type { TransferOptions } from './options.ts';
import { canShare, PartQueue } from './part-queue.ts';
import { type Run, settle } from './run.ts';
import { copyByServer } from './server-copy.ts';
import { freedInOrder } from './staging.ts';
import { type Copied, verify } from './verify.ts';
import { watchedPut } from './watched-put.ts';
import { createWindow } from './window.ts';

/**
 * The size of a part until a destination far away has its first block; bytes. With such small parts, several
 * lanes read a block together, so the first blocks can be sent soon.
 */
const FIRST_PART = 2 * MIB;

/**
 * Moves an image to a destination that takes whole blocks. If the destination's service does not copy them by
 * itself, the bytes pass through the worker.
 */
export async function moveToBlocks(options: TransferOptions, sink: BlockSink, run: Run): Promise<Copied> {
  const outcome = await copyByServer(options, sink, run);
  if ('copied' in outcome) return outcome.copied;
  const { refusal } = outcome;
  const copied = await moveThroughWorker(options, sink, run);
  return refusal === null ? copied : { ...copied, server_refusal: refusal };
}

/**
 * Lanes read parts into a window in memory, and each complete block is put from there. The digest reads the
 * window too. A resumed copy also has blocks of an earlier attempt. These were never in the window, and
 * cannot be read back one by one. So the digest of a resumed copy is computed from the finished image.
 */
async function moveThroughWorker(options: TransferOptions, sink: BlockSink, run: Run): Promise<Copied> {
  const { reader, size, expected, link, patience } = options;
  const { delivered, staged, stop, onFault } = run;
  const { signal } = stop;
  const { blockSize } = sink;
  const window = createWindow(windowSize(options, blockSize), signal);
  const isResumed = delivered.bytes > 0;
  let hashedUpTo = isResumed ? size : 0;
  const release = () => window.release(Math.min(hashedUpTo, delivered.watermark));
  release();

  const putWatched = watchedPut(sink, patience.stall_after, signal);
  const put = async (block: ByteRange) => {
    const [start, end] = block;
    await inLane(link.to, signal, end - start, () => putWatched(block, window.slice(block)));
    delivered.add(block);
    release();
  };
  const queue = new PartQueue({
    size,
    done: delivered.ranges,
    boundary: blockSize,
    canShare: canShare(reader),
  });
  const moved = moveAll(queue, {
    ...{ reader, ledger: staged, patience, stop, signal, onFault },
    staging: { ...window, complete: blockWriter(staged, blockSize, size, put) },
    lanes: link.from,
    bandwidth: link.bandwidth,
    mostParts: reader.inOrder ? 1 : Number.POSITIVE_INFINITY,
    partSize: () => (queue.canShare ? sharedPart(link, delivered, blockSize) : blockSize),
  });

  const digest = options.digests.create(knownDigests(expected));
  const hashing = freedInOrder(window, (upTo) => {
    hashedUpTo = upTo;
    release();
  });
  const flush = () => atSide('destination', () => sink.flush(signal));
  const hashed = isResumed
    ? moved.then(flush).then(() => hashWhole(sink, delivered, size, digest, signal))
    : followDigest(hashing, staged, size, digest, signal);
  const finish = async () => {
    const [digests] = await Promise.all([hashed, moved]);
    const copied = verify(expected, digests, { isResumed });
    if (!isResumed) await flush();
    return copied;
  };
  return settle(run, {
    copied: finish(),
    others: [moved, hashed],
    digest,
    async forget() {
      delivered.clear();
      await atSide('destination', () => sink.reset());
    },
    close: window.close,
  });
}

/** Returns the bytes of all blocks that the memory can hold; no more than the image has. */
function windowSize({ memory, size }: TransferOptions, blockSize: number): number {
  const blocks = Math.max(1, Math.ceil(size / blockSize));
  return blockSize * Math.min(blocks, Math.floor(memory.bytes / blockSize));
}

/** Returns the size of the next part of a block that several lanes may read together. */
function sharedPart({ to }: Link, { bytes }: Ledger, blockSize: number): number {
  return Math.min(to.isFar && bytes === 0 ? FIRST_PART : PART_SIZE, blockSize);
}

/**
 * Returns a function that MUST be called with each part that was read. The function puts a block when all
 * parts of the block are there.
 */
function blockWriter(
  staged: Ledger,
  blockSize: number,
  size: number,
  put: (block: ByteRange) => Promise<void>,
): (part: ByteRange) => Promise<void> {
  /** By a block's offset, the offset of the part that completed it. Only that part repeats a failed put. */
  const lastParts = new Map<number, number>();
  return async ([start]) => {
    const first = Math.floor(start / blockSize) * blockSize;
    const block: ByteRange = [first, Math.min(size, first + blockSize)];
    if (!staged.has(block) || (lastParts.get(first) ?? start) !== start) return;
    lastParts.set(first, start);
    await put(block);
  };
}
