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

/** The phases of a copy in which a fault can meet it. */
export type Phase =
  | 'requested'
  | 'preparing'
  | 'transferring'
  | 'verifying'
  | 'committing'
  | 'canceling'
  | 'discarding';

/** The phases in which a worker has the job in hand. */
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
  /** The name, in words with hyphens between them. */
  readonly name: string;
  /** The row of the report that its trials belong to. */
  readonly row: RowName;
  readonly phases: readonly Phase[];
  readonly stores: readonly StoreName[];
  /** The end of the copy at which the store is; the other end is a directory. */
  readonly side?: 'source' | 'destination';
  /** Limits of the configuration that differ from the usual ones. */
  readonly limits?: Readonly<Record<string, unknown>>;
  /** Further keys of the configuration. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Present if a trial needs a Temporal server of its own, because it ends the server. */
  readonly ownTemporal?: true;
  /** Roughly how long a trial takes, if that is much longer than usual; seconds. */
  readonly seconds?: number;
  /** Brings a copy to one of its phases, makes something go wrong, and lets the job come to its end. */
  run(stage: Stage, phase: Phase): Promise<Expected>;
}

/** How a job may end, and what may then be left. */
export interface Expected {
  readonly ends: readonly JobStatus[];
  /** The fault removed whoever would clean up, so that `image-replicator sweep` has to. */
  readonly sweep?: true;
  /**
   * Nobody may have heard of an upload that was begun. No job object names such an upload, and a sweep
   * removes it only when it is a day old.
   */
  readonly unheard?: true;
  /** A reset may let the job begin again. */
  readonly again?: true;
  /** The fault itself has changed the source. */
  readonly sourceSpoilt?: true;
  /** The fault has changed bytes of the source. If the source has no digest, nobody can tell. */
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
  /** The object at the path before the copy; `null` if there was none. */
  readonly old: { readonly sha512: string } | null;
  /** The id of the job. It changes if somebody else starts the job. */
  jobId: string;
  readonly watch: Watch;
  readonly workers: readonly ChaosWorker[];
  /** True if somebody was told that the job is being cancelled. */
  cancelAccepted: boolean;
  /** True if an operator has terminated the job. */
  terminated: boolean;
  startJob(): Promise<void>;
  startWorker(options?: WorkerOptions): Promise<ChaosWorker>;
  close(): Promise<void>;
}

export interface WorkerOptions {
  /** The milliseconds that reading a MiB of the source is made to take. */
  readonly slow?: number;
  /** Makes copies only, or runs the jobs only; by default a worker does both. */
  readonly part?: 'copies' | 'jobs';
  /** A program, with its arguments, that runs the command. */
  readonly wrap?: string[];
}
