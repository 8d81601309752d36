import type { Client } from '@temporalio/client';
import { COPY_IMAGE } from '../copy-job/index.ts';
import { isMark, type Leftover } from '../stores/index.ts';
import { allOf, chainOf, listWorkflows, OPEN, visibility } from '../temporal/index.ts';

/** The job that has made a leftover, as Temporal knows it. */
export interface Owner {
  /** The workflow id of the job, or `null` if Temporal does not know it. */
  readonly job: string | null;
  /** The state of the job's chain of runs (see `Chain`); `nobody` if the leftover has no mark of a job. */
  readonly state: 'open' | 'closed' | 'gone' | 'nobody';
}

/** The decision whether a leftover may be removed, with the reason. */
export interface Verdict {
  readonly removable: boolean;
  readonly why: string;
}

/**
 * Finds the job to which a mark belongs: a mark is the id of the job's first run. A job that is `gone` may
 * have ended longer ago than the namespace's retention period, or it may belong to another namespace. Tenants
 * write marks too, in shares and in buckets: a text that is no mark belongs to `nobody`.
 * @param isOld whether Temporal may have forgotten the job's first run while a later run, which a reset has
 * made, is still open
 */
export async function ownerOf(
  client: Client,
  mark: string | null,
  { isOld }: { readonly isOld: boolean },
): Promise<Owner> {
  if (mark === null || !isMark(mark)) return { job: null, state: 'nobody' };
  for await (const { workflowId } of listWorkflows(client, visibility`RunId = ${mark}`)) {
    const { state } = await chainOf(client, workflowId, mark);
    return { job: workflowId, state };
  }
  const job = isOld ? await openJobOf(client, mark) : null;
  return { job, state: job === null ? 'gone' : 'open' };
}

/**
 * Finds the open job whose first run has this id; returns `null` if there is none. Looks at every open job,
 * because Temporal's lists cannot be searched for a first run that is forgotten.
 */
async function openJobOf(client: Client, firstRunId: string): Promise<string | null> {
  const openJobs = allOf([visibility`WorkflowType = ${COPY_IMAGE}`, OPEN]);
  for await (const { workflowId } of listWorkflows(client, openJobs)) {
    const { state } = await chainOf(client, workflowId, firstRunId);
    if (state === 'open') return workflowId;
  }
  return null;
}

/** The times on which a verdict depends; milliseconds. */
interface VerdictTimes {
  /** The time since the leftover's last change. */
  readonly age: number;
  /** How long every leftover is left alone after its last change. */
  readonly grace: number;
  /** How long Temporal keeps the record of a closed job. */
  readonly retention: number;
}

/** Decides whether a leftover may be removed. */
export function verdictOn(
  { abandonedAfter }: Leftover,
  { state }: Owner,
  { age, grace, retention }: VerdictTimes,
): Verdict {
  if (age < grace) return { removable: false, why: 'it was changed a short time ago' };
  if (state === 'open') return { removable: false, why: 'its job goes on' };
  if (state === 'closed') return { removable: true, why: 'its job has ended' };
  // A job that Temporal does not know may belong to another namespace or cluster, and may still run there. So
  // the job counts as over only if the leftover has not changed for longer than the retention period.
  if (state === 'gone')
    return age > retention
      ? { removable: true, why: 'Temporal has forgotten its job, and nothing has changed since' }
      : { removable: false, why: 'Temporal does not know its job, which may belong to another namespace' };
  return abandonedAfter !== null && age > abandonedAfter
    ? { removable: true, why: 'nobody can be at work on it any more' }
    : { removable: false, why: 'nothing says which job it belongs to' };
}
