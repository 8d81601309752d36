import type { JobStatus } from '../../src/copy-job/index.ts';
import type { Deployment } from '../support/deployment.ts';
import type { TemporalServer } from '../support/temporal-server.ts';
import type { End } from './end.ts';
import type { Random } from './random.ts';
import type { RowName } from './rows.ts';
import type { Servers } from './servers.ts';
import type { StoreName } from './store-name.ts';
import type { Watch } from './watch.ts';
import type { ChaosWorker } from './worker.ts';

/** Where a copy stands when a fault meets it. */
export type Phase =
  | 'requested'
  | 'preparing'
  | 'transferring'
  | 'verifying'
  | 'committing'
  | 'canceling'
  | 'discarding';

/** Those in which a worker has the job in hand. */
export const IN_HAND = [
  'preparing',
  'transferring',
  'verifying',
  'committing',
  'canceling',
  'discarding',
] as const satisfies readonly Phase[];

/** One copy, and one thing that goes wrong with it. */
export interface Trial {
  readonly fault: Fault;
  readonly phase: Phase;
  readonly store: StoreName;
  readonly seed: number;
}

/** A kind of fault, and what the product promises about it. */
export interface Fault {
  /** Words with hyphens. */
  readonly name: string;
  /** The row of the report that its trials belong to. */
  readonly row: RowName;
  readonly phases: readonly Phase[];
  readonly stores: readonly StoreName[];
  /** Which end of the copy the store is; the other one is a directory. */
  readonly side?: 'source' | 'destination';
  /** Limits of the configuration that differ from the usual ones. */
  readonly limits?: Readonly<Record<string, unknown>>;
  /** More of the configuration's keys. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Whether it needs a Temporal server of its own, for it ends it. */
  readonly ownTemporal?: true;
  /** Roughly how long a trial takes, where that is much longer than usual; seconds. */
  readonly seconds?: number;
  /** Brings a copy to one of its phases, does harm, and lets the job come to its end. */
  run(stage: Stage, phase: Phase): Promise<Expected>;
}

/** How a job may end, and what may be left then. */
export interface Expected {
  readonly ends: readonly JobStatus[];
  /** The fault took away who would clean up: what is left is for `image-replicator sweep`. */
  readonly sweep?: true;
  /** A reset may let the job begin again. */
  readonly again?: true;
  /** The fault itself has changed the source. */
  readonly sourceSpoilt?: true;
  /** The fault has changed bytes of the source; nobody can tell where that has no digest. */
  readonly unseen?: true;
}

export function nameOf({ fault, phase, store }: Omit<Trial, 'seed'>): string {
  return `${fault.name}/${phase}/${store}`;
}

/** Everything that one trial has for itself: a namespace, two ends, an image at one of them, and a job. */
export interface Stage {
  readonly trial: Trial;
  readonly random: Random;
  readonly servers: Servers;
  readonly temporal: TemporalServer;
  readonly deployment: Deployment;
  readonly source: End;
  readonly destination: End;
  readonly image: { readonly id: string; readonly data: Buffer; readonly sha512: string };
  /** What is at the object's path before the copy. */
  readonly old: { readonly sha512: string } | null;
  /** Another one where somebody else starts the job. */
  jobId: string;
  readonly watch: Watch;
  readonly workers: readonly ChaosWorker[];
  /** Whether somebody was told that the job is being cancelled. */
  cancelAccepted: boolean;
  /** Whether an operator has terminated the job. */
  terminated: boolean;
  startJob(): Promise<void>;
  startWorker(options?: WorkerOptions): Promise<ChaosWorker>;
  close(): Promise<void>;
}

export interface WorkerOptions {
  /** Milliseconds that it takes to read a MiB of the source. */
  readonly slow?: number;
  /** Makes copies only, or runs the jobs only; by default it does both. */
  readonly part?: 'copies' | 'jobs';
  /** A program before the command. */
  readonly wrap?: string[];
}
