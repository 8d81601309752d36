import { isFinal, type JobDetails, type JobStatus } from '../../src/copy-job/index.ts';
import type { Standing } from '../support/workflow-standing.ts';

/** What a job showed at some moment. */
export interface Moment {
  readonly status: JobStatus;
  readonly progress: number;
  readonly fault: string | null;
}

/** What is known about a run. */
export interface Run {
  readonly runId: string;
  readonly started: Date;
  readonly closed: string;
  readonly details: JobDetails | undefined;
  readonly attribute: unknown;
  readonly recorded: readonly Moment[];
  /** The workflow ids of the clean-ups that the run has started. */
  readonly cleanUps: readonly string[];
  /** The run from which a reset has made this run. */
  readonly resetFrom: string | undefined;
}

/** The documented transitions. A job that is cancelled by force does not wait in `canceling`. */
const NEXT: Readonly<Record<JobStatus, readonly JobStatus[]>> = {
  replicate_requested: ['replicating', 'error', 'cancel_requested'],
  replicating: ['replicated', 'error', 'cancel_requested'],
  replicated: [],
  cancel_requested: ['canceling', 'canceled'],
  canceling: ['canceled'],
  canceled: [],
  error: [],
};

/** Lists what a run has done that no run may do, whatever happens to it. */
export function wrongRun(run: Run, seen: readonly Moment[]): string[] {
  return [...wrongRecord(run), ...wrongSight(seen), ...wrongEnd(run)];
}

/** Lists what a run has recorded that no run may record. */
function wrongRecord({ recorded }: Run): string[] {
  return pairs(recorded).flatMap(([before, after]) => {
    const isNext = before.status === after.status || NEXT[before.status].includes(after.status);
    return [...(isNext ? [] : [`it records ${after.status} after ${before.status}`]), ...fall(before, after)];
  });
}

/** Lists what a run has shown that no run may show. Some views may be missed between two looks. */
function wrongSight(seen: readonly Moment[]): string[] {
  return pairs(seen).flatMap(([before, after]) => {
    // A job that was terminated shows its last record.
    if (after.fault === 'terminated' && isFinal(after.status)) return [];
    const leads = before.status === after.status || leadsTo(before.status, after.status);
    return [...(leads ? [] : [`it shows ${after.status} after ${before.status}`]), ...fall(before, after)];
  });
}

const CLOSED: Readonly<Record<string, string>> = {
  replicated: 'COMPLETED',
  canceled: 'CANCELLED',
  error: 'FAILED',
};

/** Lists what is wrong with the end of a run that has ended by itself. */
function wrongEnd({ closed, details, attribute }: Run): string[] {
  if (closed === 'TERMINATED' || details === undefined) return [];
  const { status, cancel, copy_progress } = details;
  return [
    ...(CLOSED[status] === closed ? [] : [`it closed as ${closed}, and is ${status}`]),
    ...(status === attribute ? [] : [`its search attribute is ${attribute}, and it is ${status}`]),
    ...(cancel === null || status === 'canceled' ? [] : [`a cancel is on record, and it is ${status}`]),
    ...((copy_progress === 100) === (status === 'replicated')
      ? []
      : [`${status} at ${copy_progress} percent`]),
  ];
}

/** What is known about the image of a job when the job is judged. */
export interface Known {
  readonly sha512: string | null;
  /** True if the job may have been terminated while its commit was under way. */
  readonly isCommitBegun: boolean;
}

/**
 * Lists what is wrong with the image: it has to exist, and be whole, exactly if the ends of the runs say so.
 */
export function wrongImage(runs: readonly Run[], { image }: Standing, known: Known): string[] {
  const closed = runs.at(-1)?.closed;
  // Once a run has ended as replicated, the image belongs to its owner, whatever happens to a run after a
  // reset.
  const isDue = runs.some((run) => run.closed === 'COMPLETED');
  const mayBe = isDue || (closed === 'TERMINATED' && known.isCommitBegun);
  if (image === null) return isDue ? [`${closed}, and the image is not there`] : [];
  if (!mayBe) return [`${closed}, and there is an image`];
  return image.sha512 === known.sha512 ? [] : [`${closed}, and the image has other bytes`];
}

/** Lists the folders other than that of the image. */
export function wrongFolders({ folders, image }: Standing, copyId: string): string[] {
  const rest = folders.filter((name) => image === null || name !== copyId);
  return rest.map((name) => `left behind: ${name}`);
}

function fall(before: Moment, after: Moment): string[] {
  if (after.progress >= before.progress) return [];
  return [
    `its progress falls from ${before.progress} (${before.status}) to ${after.progress} (${after.status})`,
  ];
}

function leadsTo(from: JobStatus, to: JobStatus): boolean {
  return NEXT[from].some((next) => next === to || leadsTo(next, to));
}

function pairs<T>(all: readonly T[]): (readonly [T, T])[] {
  return all.slice(1).map((after, index) => [all[index] as T, after] as const);
}
