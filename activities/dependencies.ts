import type { Client } from '@temporalio/client';
import type { Limits, Regions } from '../src/config/index.ts';
import type { Spool } from '../src/stores/index.ts';
import type { DigestPool, Links } from '../src/transfer/index.ts';

/** The objects that all activities of one worker process share. */
export interface Dependencies {
  readonly regions: Regions;
  readonly limits: Limits;
  readonly digests: DigestPool;
  /** The endpoints, the memory and the bandwidth that copies share. */
  readonly links: Links;
  /** The files in which parts wait for uploads; if `null`, parts wait in memory. */
  readonly spool: Spool | null;
  /** Temporal's client in the worker's own namespace. */
  readonly client: Client;
  /** Told of bytes that an earlier attempt has delivered to a region, and that are delivered once more. */
  readonly onRepeat?: (region: string, bytes: number) => void;
}
