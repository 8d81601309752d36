import { type Digests, knownDigests, planParts } from '../image/index.ts';
import { atSide, type BlockSink } from '../stores/index.ts';
import { createChunks, DIGEST_CHUNKS } from './chunks.ts';
import type { Digest } from './digest-pool.ts';
import { followDigest } from './follow-digest.ts';
import { runLane } from './lane.ts';
import { Ledger } from './ledger.ts';
import type { TransferOptions } from './options.ts';
import { type Run, settle } from './run.ts';
import { freedInOrder, readingBack, type Staging } from './staging.ts';
import { type Copied, verify } from './verify.ts';
import { createWindow } from './window.ts';

const MIB = 1024 * 1024;
/** Memory of a copy, as far as the size of its blocks allows: two have to be there at once. */
const MEMORY = 128 * MIB;

/**
 * Returns how many blocks a copy keeps in memory: for each lane one that is read, and one that is put or
 * hashed.
 */
export function blocksInMemory(blockSize: number, size: number, lanes: number): number {
  const room = Math.max(2, Math.floor(MEMORY / blockSize));
  return Math.min(room, 2 * lanes, Math.max(1, Math.ceil(size / blockSize)));
}

/**
 * Moves an image to a destination that takes whole blocks. Lanes read them into a window in memory; each one
 * that is whole is put where it belongs, and the digest follows. What an earlier attempt has put cannot be
 * read before all is put together: then it is read back.
 */
export async function moveBlocks(options: TransferOptions, sink: BlockSink, run: Run): Promise<Copied> {
  const { reader, size, expected, patience } = options;
  const { delivered, staged, onFault } = run;
  const { signal } = run.stop;
  const lanesWanted = reader.inOrder ? 1 : options.lanes;
  const blocks = blocksInMemory(sink.blockSize, size, lanesWanted);
  const window = createWindow(blocks * sink.blockSize, signal);
  const isResumed = delivered.bytes > 0;
  let hashedUpTo = isResumed ? size : 0;
  const release = () => window.release(Math.min(hashedUpTo, delivered.watermark));
  release();

  const staging: Staging = {
    ...window,
    async complete(range) {
      await sink.put(range, window.slice(range), signal);
      delivered.add(range);
      release();
    },
  };
  const queue = planParts(size, delivered.ranges, sink.blockSize);
  const lane = { reader, staging, ledger: staged, patience, signal, onFault };
  const lanes = Array.from({ length: Math.min(blocks, lanesWanted) }, () => runLane(queue, lane));
  const put = Promise.all(lanes);

  const digest = options.digests.create(knownDigests(expected));
  const hashing = freedInOrder(staging, (upTo) => {
    hashedUpTo = upTo;
    release();
  });
  const flush = () => atSide('destination', () => sink.flush(signal));
  const hashed = isResumed
    ? put.then(flush).then(() => hashWhole(sink, size, digest, signal))
    : followDigest(hashing, staged, size, digest, signal);
  const verified = Promise.all([hashed, put]).then(([digests]) => verify(expected, digests, isResumed));
  return settle(run, {
    copied: isResumed ? verified : verified.then(async (copied) => flush().then(() => copied)),
    others: [...lanes, hashed],
    digest,
    async forget() {
      delivered.clear();
      await atSide('destination', () => sink.reset());
    },
    close: window.close,
  });
}

/** Returns the digests of what is put together. */
async function hashWhole(
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
