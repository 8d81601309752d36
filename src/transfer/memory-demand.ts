import { MIB } from '../memory/index.ts';
import { DIGEST_CHUNKS } from './chunks.ts';
import type { MemoryDemand } from './memory.ts';
import type { TransferOptions } from './options.ts';

/** The size of a part, unless the reader prefers another; bytes. */
export const PART_SIZE = 8 * MIB;
/** The largest size of a part from far away; bytes. */
export const FAR_PART = 32 * MIB;
/** The largest number of bytes kept in memory for the digest, if the destination can be read back. */
const MAX_KEPT = 64 * MIB;
/** The largest number of bytes of blocks in memory; a copy may always have two blocks. */
const MAX_BLOCKS = 256 * MIB;
/** `MAX_BLOCKS` for a copy to a server far away, which needs many blocks under way at a time; bytes. */
const MAX_FAR_BLOCKS = 512 * MIB;
/** The windows of uploads without a spool: for a source on this machine, and for one on a server; bytes. */
const NEAR_WINDOW = 32 * MIB;
const FAR_WINDOW = 64 * MIB;
/** With less memory than this, a copy would be slow; bytes. */
const MIN_DEMAND = 16 * MIB;

type OpenEnds = Pick<TransferOptions, 'reader' | 'sink' | 'spool' | 'size' | 'link'>;

/** Returns how much memory a copy needs, and how much it can make use of. */
export function memoryDemand(ends: OpenEnds): MemoryDemand {
  const wanted = wantedMemory(ends);
  const { sink, size } = ends;
  const least = sink.kind === 'blocks' ? Math.min(2 * sink.blockSize, sizeInBlocks(sink, size)) : MIN_DEMAND;
  return { wanted, least: Math.min(least, wanted) };
}

function wantedMemory(ends: OpenEnds): number {
  const { sink, spool, size, link, reader } = ends;
  if (sink.kind === 'blocks') {
    const busy = 2 * link.maxLanes.to * sink.blockSize;
    const most = link.to.isFar ? MAX_FAR_BLOCKS : MAX_BLOCKS;
    return Math.max(2 * sink.blockSize, Math.min(busy, most, sizeInBlocks(sink, size)));
  }
  if (sink.kind === 'stream') {
    if (spool !== null || sink.whole !== null) return (DIGEST_CHUNKS + 1) * MIB;
    return Math.min(size, reader.endpoint === undefined ? NEAR_WINDOW : FAR_WINDOW);
  }
  const { mostParts, kept } = chunksOf(ends, Number.POSITIVE_INFINITY);
  return (mostParts + DIGEST_CHUNKS + kept) * MIB;
}

/** Returns the bytes of all blocks of an image, with the last one counted as a full block. */
function sizeInBlocks({ blockSize }: { readonly blockSize: number }, size: number): number {
  return Math.max(1, Math.ceil(size / blockSize)) * blockSize;
}

/**
 * Returns how many parts may be under way, each with a chunk of memory, and how many chunks may be kept for
 * the digest. If memory and `MAX_KEPT` allow, one whole part of each lane can be kept. Lanes that are equally
 * fast need no more.
 */
export function chunksOf(
  { reader, size, link }: Pick<TransferOptions, 'reader' | 'size' | 'link'>,
  memory: number,
): { readonly mostParts: number; readonly kept: number } {
  const room = Math.floor(memory / MIB) - DIGEST_CHUNKS;
  const lanes = reader.inOrder ? 1 : Math.min(link.maxLanes.from, Math.max(1, Math.ceil(size / MIB)));
  const mostParts = Math.max(1, Math.min(lanes, Math.floor(room / 2)));
  const ahead = Math.min(mostParts * (reader.partSize ?? PART_SIZE), size, MAX_KEPT);
  return { mostParts, kept: Math.min(Math.ceil(ahead / MIB), Math.max(1, room - mostParts)) };
}
