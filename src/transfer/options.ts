import type { ByteRange, Digests } from '../image/index.ts';
import type { ImageSink, PartReader, PartSink } from '../stores/index.ts';
import type { DigestPool } from './digest-pool.ts';
import type { Patience } from './insist.ts';
import type { Link } from './links.ts';
import type { MemoryGrant } from './memory.ts';

export interface TransferOptions {
  readonly reader: PartReader;
  readonly sink: ImageSink;
  /** Where parts wait for a sink that is a stream, and survive this process; without one, in memory. */
  readonly spool: PartSink | null;
  /** Bytes of the image. */
  readonly size: number;
  /** What the data has to be. */
  readonly expected: Digests;
  /** What an earlier attempt has reported as moved; what the sink itself has received counts too. */
  readonly reported: readonly ByteRange[];
  /** When a byte was last moved; milliseconds since the epoch. */
  readonly movedAt: number;
  /** What it shares with other copies. */
  readonly link: Link;
  /** What it may keep in memory; `memoryDemand` says how much that has to be. */
  readonly memory: MemoryGrant;
  readonly patience: Patience;
  readonly digests: DigestPool;
}
