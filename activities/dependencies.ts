import type { Client } from '@temporalio/client';
import type { Limits, Regions } from '../src/config/index.ts';
import type { Spool } from '../src/stores/index.ts';
import type { DigestPool, Links } from '../src/transfer/index.ts';

/** The objects that all activities of one worker process share. */
export interface Dependencies {
  readonly regions: Regions;
  readonly limits: Limits;
  readonly digests: DigestPool;
  /** The limits that the copies of this worker share: lanes, memory and bandwidth. */
  readonly links: Links;
  /** The files in which parts wait for their upload; `null` if they wait in memory. */
  readonly spool: Spool | null;
  /** Temporal's client in the worker's own namespace. */
  readonly client: Client;
  /** Called with the number of bytes that an earlier attempt has delivered to a region in vain. */
  readonly onRepeat: (region: string, bytes: number) => void;
}
