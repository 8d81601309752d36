import type { Client } from '@temporalio/client';
import type { Limits, Regions } from '../src/config/index.ts';
import type { DigestPool } from '../src/transfer/index.ts';

/** What the activities of one worker process share. */
export interface Dependencies {
  readonly regions: Regions;
  readonly limits: Limits;
  readonly digests: DigestPool;
  /** Temporal's client in the worker's own namespace. */
  readonly client: Client;
}
