import type { Client } from '@temporalio/client';
import type { Leftover } from '../stores/index.ts';
import { chainOf, quoted } from '../temporal/index.ts';

/** What is known of the job that has left something behind. */
export interface Owner {
  /** Workflow id of the job; `null` where Temporal does not tell. */
  readonly job: string | null;
  readonly state: 'open' | 'closed' | 'gone' | 'nobody';
}

/** Whether something may be removed, and why. */
export interface Verdict {
  readonly removable: boolean;
  readonly why: string;
}

/**
 * Finds the job that bears a mark, by the run that the mark names. Temporal forgets a run after the namespace's
 * retention period: `gone` says no more than that.
 */
export async function ownerOf(client: Client, mark: string | null): Promise<Owner> {
  if (mark === null) return { job: null, state: 'nobody' };
  for await (const { workflowId } of client.workflow.list({ query: `RunId = ${quoted(mark)}` })) {
    const { state } = await chainOf(client, workflowId, mark);
    return { job: workflowId, state };
  }
  return { job: null, state: 'gone' };
}

/**
 * Decides about something that was left behind.
 * @param age milliseconds since it was changed last
 * @param grace milliseconds for which anything is left alone
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
  // A job of another namespace, or another cluster, would be unknown here too: only its age proves that it is over.
  if (state === 'gone')
    return age > retention
      ? { removable: true, why: 'Temporal has forgotten its job, and nothing has changed since' }
      : { removable: false, why: 'Temporal does not know its job, which may be one of another namespace' };
  return abandonedAfter !== null && age > abandonedAfter
    ? { removable: true, why: 'nobody can be at work on it any more' }
    : { removable: false, why: 'nothing tells whose it is' };
}
