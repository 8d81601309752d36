import type { JobStatus } from '../../src/copy-job/index.ts';
import type { RowName } from './rows.ts';
import type { Stage } from './stage.ts';

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

/** What the fault is about: stores of images, and the two that have plain objects. */
export const STORES = ['directory', 's3', 'objects-directory', 'objects-s3', 'glance'] as const;
export type StoreName = (typeof STORES)[number];

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
}

export function nameOf({ fault, phase, store }: Omit<Trial, 'seed'>): string {
  return `${fault.name}/${phase}/${store}`;
}
