import type { Client } from '@temporalio/client';
import type { Leftover } from '../stores/index.ts';
import { chainOf, listWorkflows, visibility } from '../temporal/index.ts';

/** Temporal's record of the job that has left something behind. */
export interface Owner {
  /** The workflow id of the job, or `null` if Temporal does not know it. */
  readonly job: string | null;
  readonly state: 'open' | 'closed' | 'gone' | 'nobody';
}

/** The decision whether something may be removed, with its reason. */
export interface Verdict {
  readonly removable: boolean;
  readonly why: string;
}

/**
 * Finds the job that a mark belongs to, by the run that the mark names. Temporal forgets a run after the
 * namespace's retention period, so `gone` does not say how the job has ended.
 */
export async function ownerOf(client: Client, mark: string | null): Promise<Owner> {
  if (mark === null) return { job: null, state: 'nobody' };
  for await (const { workflowId } of listWorkflows(client, visibility`RunId = ${mark}`)) {
    const { state } = await chainOf(client, workflowId, mark);
    return { job: workflowId, state };
  }
  return { job: null, state: 'gone' };
}

/**
 * Decides whether something that was left behind may be removed.
 * @param age milliseconds since the last change
 * @param grace milliseconds for which everything is left alone
 * @param retention milliseconds for which Temporal remembers a closed job
 */
export function verdictOn(
  { abandonedAfter }: Pick<Leftover, 'abandonedAfter'>,
  { state }: Owner,
  age: number,
  grace: number,
  retention: number,
): Verdict {
  if (age < grace) return { removable: false, why: 'it was changed a short time ago' };
  if (state === 'open') return { removable: false, why: 'its job goes on' };
  if (state === 'closed') return { removable: true, why: 'its job has ended' };
  // A job of another namespace or another cluster would be unknown here too, so only the age proves that the
  // job is over.
  if (state === 'gone')
    return age > retention
      ? { removable: true, why: 'Temporal has forgotten its job, and nothing has changed since' }
      : { removable: false, why: 'Temporal does not know its job, which may be one of another namespace' };
  return abandonedAfter !== null && age > abandonedAfter
    ? { removable: true, why: 'nobody can be at work on it any more' }
    : { removable: false, why: 'nothing tells whose it is' };
}
