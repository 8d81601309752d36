import type { ByteRange, Digests } from '../image/index.ts';
import type { ImageSink, PartReader, PartSink } from '../stores/index.ts';
import type { DigestPool } from './digest-pool.ts';
import type { Link } from './links.ts';
import type { MemoryGrant } from './memory.ts';
import type { Patience } from './retry.ts';

/** The copy that `startTransfer` makes, and the resources that it may use. */
export interface TransferOptions {
  readonly reader: PartReader;
  readonly sink: ImageSink;
  /**
   * The file in which parts wait if the sink is a stream; it survives this process. If it is `null`, parts
   * wait in memory.
   */
  readonly spool: PartSink | null;
  /** Bytes of the image. */
  readonly size: number;
  /** The digests that the data must have. */
  readonly expected: Digests;
  /** The ranges that an earlier attempt has reported as moved. */
  readonly reported: readonly ByteRange[];
  /** When a byte was last moved; milliseconds since the epoch. */
  readonly movedAt: number;
  /** The lanes and limits that the copy shares with others. */
  readonly link: Link;
  /** The memory that the copy may use; `memoryDemand` says how much it needs. */
  readonly memory: MemoryGrant;
  readonly patience: Patience;
  readonly digests: DigestPool;
}
