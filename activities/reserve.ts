import type { Client } from '@temporalio/client';
import type { ImageRecord } from '../src/image/index.ts';
import { type DestinationRef, type ImageDestination, isStoreError } from '../src/stores/index.ts';
import { discardUnwanted } from './discard-unwanted.ts';
import { attemptNumber, jobHasEndedOrUndoes } from './lease.ts';

/** A conflict is thrown after this many calls. Each earlier attempt that was frozen can cause one. */
const MAX_CALLS = 3;

/**
 * Reserves the place of an image, and then checks that the job still makes a copy. If the job has ended or is
 * undoing its copy, removes the reservation again, because the job's own removal may have come before it.
 *
 * The check is needed for three reasons. A call that hangs cannot be interrupted. A process does not notice
 * that it was frozen. And if the history of a run after a reset already contains a cancel by force, that run
 * starts no clean-up of its own. The attempt's number protects what a later attempt has taken over.
 */
export async function reserve(
  client: Client,
  destination: ImageDestination,
  ref: DestinationRef,
  image: ImageRecord,
): Promise<void> {
  const attempt = attemptNumber();
  try {
    await retryingConflict(() => destination.prepare(ref, attempt, image));
  } finally {
    await discardUnwanted(() => jobHasEndedOrUndoes(client, ref.mark), destination, ref);
  }
}

/**
 * Calls `prepare` again after a conflict. If an earlier attempt of this job has woken up and taken the place,
 * the next call replaces its reservation. If somebody else has the place, the conflict comes again.
 */
async function retryingConflict(prepare: () => Promise<void>): Promise<void> {
  for (let calls = 1; ; calls += 1) {
    try {
      return await prepare();
    } catch (error) {
      if (!isStoreError(error, 'conflict') || calls === MAX_CALLS) throw error;
    }
  }
}
