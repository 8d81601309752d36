import type { Client } from '@temporalio/client';
import { jobInMemo } from '../src/copy-job/index.ts';
import type { DestinationRef, ImageDestination } from '../src/stores/index.ts';
import { type Run, runsOf } from '../src/temporal/index.ts';
import { currentRun, isFirstRun } from './current-run.ts';

/**
 * The claim of a job to a committed image, as Temporal's records of the job's runs show it:
 * - `owned`: a run has ended as replicated. The image belongs to its owner, and no run undoes its commit
 * - `undoable`: a run has come to its commit, but no run has ended as replicated
 * - `foreign`: no run has come to its commit, so the image is somebody else's
 * - `unknown`: Temporal has forgotten a run, and none of the others has ended as replicated
 */
type Claim = 'owned' | 'undoable' | 'foreign' | 'unknown';

/** Asks Temporal about all runs of a job. */
async function claimOf(client: Client, workflowId: string, mark: string): Promise<Claim> {
  const { known, hasForgotten } = await runsOf(client, workflowId, mark);
  if (known.some(({ status }) => status === 'COMPLETED')) return 'owned';
  if (hasForgotten) return 'unknown';
  return known.some(hasComeToItsCommit) ? 'undoable' : 'foreign';
}

/** Tells whether a run has scheduled its commit. Only then does its record say how the copy was verified. */
function hasComeToItsCommit({ memo }: Run): boolean {
  return typeof jobInMemo(memo)?.verified_by === 'string';
}

/**
 * Returns the reference for a step that may find an image of an earlier run. In it, `committing` says that a
 * run has come to its commit, and `contested` that no run is known to have ended as replicated. Asks Temporal
 * only in a run that a reset has made, and only for a store that cannot tell by itself whose image it is.
 */
export async function withEarlierCommits(
  client: Client,
  { unmarksCommitted }: ImageDestination,
  ref: DestinationRef,
): Promise<DestinationRef> {
  if (!unmarksCommitted || isFirstRun(ref)) return ref;
  const claim = await claimOf(client, currentRun().workflowId, ref.mark);
  if (claim === 'owned') return { ...ref, committing: true };
  return { ...ref, contested: true, ...(claim === 'undoable' && { committing: true }) };
}

/**
 * Returns a reference to what may be removed when a run that a reset has made is undone. With `committing`,
 * this includes an image that any run has committed. If a run may have ended as replicated, a committed image
 * stays: it may belong to its owner.
 */
export async function undoableOf(
  client: Client,
  workflowId: string,
  ref: DestinationRef,
): Promise<DestinationRef> {
  const claim = await claimOf(client, workflowId, ref.mark);
  if (claim === 'owned' || claim === 'unknown') return withoutCommitted(ref);
  return claim === 'undoable' ? { ...ref, committing: true } : ref;
}

/** Returns a reference to what may be removed if a committed image has to stay. */
export function withoutCommitted({ committing: _, ...ref }: DestinationRef): DestinationRef {
  return ref;
}
