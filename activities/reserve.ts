import type { Client } from '@temporalio/client';
import type { ImageRecord } from '../src/image/index.ts';
import { type DestinationRef, type ImageDestination, isStoreError } from '../src/stores/index.ts';
import { discardUnwanted } from './discard-unwanted.ts';
import { attemptNumber, jobHasEndedOrUndoes } from './lease.ts';

/**
 * The number of calls after which a conflict is thrown. Each earlier attempt that was frozen can cause one
 * conflict.
 */
const MAX_CALLS = 3;

/**
 * Reserves the place of an image, and then checks that the job still makes a copy. If the job has ended or is
 * undoing its copy, removes the reservation again, because the job's own removal may have come before it.
 *
 * The check is needed for three reasons. A call that hangs cannot be interrupted. A process does not notice
 * that it was frozen. And a run that a reset has made may have inherited, in its history, a cancel by force
 * and the start of the clean-up: it then starts no other clean-up. The attempt's number protects everything
 * that a later attempt has taken over.
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
 * Calls `prepare` again after a conflict. An earlier attempt of this job, which was frozen and woke up at the
 * same moment, may have taken the place: then the next call replaces its reservation. If somebody else has
 * the place, the conflict comes again and is thrown.
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
