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

/** The phases of a copy in which a fault can happen. */
export type Phase =
  | 'requested'
  | 'preparing'
  | 'transferring'
  | 'verifying'
  | 'committing'
  | 'canceling'
  | 'discarding';

/** The phases in which a worker has the job. */
export const IN_HAND = [
  'preparing',
  'transferring',
  'verifying',
  'committing',
  'canceling',
  'discarding',
] as const satisfies readonly Phase[];

/** A copy in which one thing goes wrong. */
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
  /** The row of the report to which its trials belong. */
  readonly row: RowName;
  readonly phases: readonly Phase[];
  readonly stores: readonly StoreName[];
  /** The end of the copy at which the store is. The other end is a directory. */
  readonly side?: 'source' | 'destination';
  /** Limits that differ from the usual configuration. */
  readonly limits?: Readonly<Record<string, unknown>>;
  /** Further keys of the configuration. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** True if a trial needs a Temporal server of its own, because it ends the server. */
  readonly ownTemporal?: true;
  /** About how long a trial takes, if that is much longer than usual; seconds. */
  readonly seconds?: number;
  /**
   * Brings a copy to a phase, makes something go wrong, and waits until the job ends. Returns how the job may
   * end.
   */
  run(stage: Stage, phase: Phase): Promise<Expected>;
}

/** How a job may end, and what may be left then. */
export interface Expected {
  readonly ends: readonly JobStatus[];
  /** True if only a sweep can clean up: the fault has taken away everything else that could. */
  readonly sweep?: true;
  /**
   * True if there may be an upload of which the worker has told nobody. No job object names such an upload,
   * and a sweep removes it only when it is a day old.
   */
  readonly unheard?: true;
  /** True if a reset may let the job begin again. */
  readonly again?: true;
  /** True if the fault itself has changed the source. */
  readonly sourceSpoilt?: true;
  /** True if the fault has changed bytes of the source, and only a digest of the source could show that. */
  readonly unseen?: true;
}

export function nameOf({ fault, phase, store }: Omit<Trial, 'seed'>): string {
  return `${fault.name}/${phase}/${store}`;
}

/** Everything that belongs to one trial: a namespace, two ends, an image at one of them, and a job. */
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
  /** The id of the job. It changes if the job is started by another client. */
  jobId: string;
  readonly watch: Watch;
  readonly workers: readonly ChaosWorker[];
  /** True if a cancel of the job was accepted. */
  cancelAccepted: boolean;
  /** True if an operator has terminated the job. */
  terminated: boolean;
  startJob(): Promise<void>;
  startWorker(options?: WorkerOptions): Promise<ChaosWorker>;
  close(): Promise<void>;
}

export interface WorkerOptions {
  /** The time that each MiB of the source takes to read; milliseconds. */
  readonly slow?: number;
  /**
   * What the worker does: `copies` only makes copies, and `jobs` only runs the jobs. By default it does both.
   */
  readonly part?: 'copies' | 'jobs';
  /** A program, with its arguments, that is to run the command. */
  readonly wrap?: string[];
}
