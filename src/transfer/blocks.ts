import { type Digests, knownDigests, planParts } from '../image/index.ts';
import { atSide, type BlockSink } from '../stores/index.ts';
import { freedInOrder, readingBack } from './arrived.ts';
import { createChunks } from './chunks.ts';
import type { Digest } from './digest-pool.ts';
import { DIGEST_CHUNKS, followDigest } from './follow-digest.ts';
import { runLane } from './lane.ts';
import { Ledger } from './ledger.ts';
import type { Run, TransferOptions } from './options.ts';
import { type Copied, isBadData, verify } from './verify.ts';
import { createWindow } from './window.ts';

const MIB = 1024 * 1024;
/** Memory of a copy, as far as the size of its blocks allows: two have to be there at once. */
const MEMORY = 128 * MIB;

/** How many blocks a copy keeps in memory: for each lane one that is read, and one that is put or hashed. */
export function blocksInMemory(blockSize: number, size: number, lanes: number): number {
  const room = Math.max(2, Math.floor(MEMORY / blockSize));
  return Math.min(room, 2 * lanes, Math.max(1, Math.ceil(size / blockSize)));
}

/**
 * Lanes read blocks into a window in memory; each one that is whole is put where it belongs, and the digest
 * follows. What an earlier attempt has put cannot be read before all is put together: then it is read back.
 */
export async function moveBlocks(options: TransferOptions, sink: BlockSink, run: Run): Promise<Copied> {
  const { reader, size, expected, patience } = options;
  const { delivered, staged, stop, onFault } = run;
  const { signal } = stop;
  const lanesWanted = reader.inOrder ? 1 : options.lanes;
  const blocks = blocksInMemory(sink.blockSize, size, lanesWanted);
  const window = createWindow(blocks * sink.blockSize, signal);
  const resumed = delivered.bytes > 0;
  const at = { hashed: resumed ? size : 0 };
  const release = () => window.release(Math.min(at.hashed, delivered.watermark));

  const queue = planParts(size, delivered.ranges, sink.blockSize);
  const staging = {
    write: window.write,
    complete: async (range: readonly [number, number]) => {
      await sink.put(range, window.slice(range), signal);
      delivered.add(range);
      release();
    },
  };
  release();
  const lane = { reader, sink: staging, ledger: staged, patience, signal, onFault };
  const lanes = Array.from({ length: Math.min(blocks, lanesWanted) }, () => runLane(queue, lane));
  const put = Promise.all(lanes);
  const flush = () => atSide('destination', () => sink.flush(signal));
  const digest = options.digests.create(knownDigests(expected));
  const hashing = freedInOrder(window, (hashed) => {
    at.hashed = hashed;
    release();
  });
  const hashed = resumed
    ? put.then(flush).then(() => hashWhole(sink, size, digest, signal))
    : followDigest(hashing, staged, size, digest, signal);
  try {
    const [digests] = await Promise.all([hashed, put]);
    const copied = verify(expected, digests, resumed);
    if (!resumed) await flush();
    return copied;
  } catch (error) {
    stop.abort(error);
    await Promise.allSettled([...lanes, hashed]);
    digest.drop();
    if (isBadData(signal.reason)) {
      delivered.clear();
      await atSide('destination', () => sink.reset());
    }
    throw signal.reason;
  } finally {
    window.close();
  }
}

/** The digests of what is put together. */
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
