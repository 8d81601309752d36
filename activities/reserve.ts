import type { Client } from '@temporalio/client';
import type { ImageRecord } from '../src/image/index.ts';
import { type DestinationRef, type ImageDestination, isStoreError } from '../src/stores/index.ts';
import { discardUnwanted } from './discard-unwanted.ts';
import { attemptNumber, jobHasEndedOrUndoes } from './lease.ts';

/** After this many calls, a conflict is thrown. Each earlier attempt that was frozen can cause a conflict. */
const MAX_CALLS = 3;

/**
 * Reserves the place of an image, and then checks that the job still makes a copy. If the job has ended or is
 * undoing its copy, removes the reservation again, because the job's own removal may have come before the
 * reservation.
 *
 * The check is needed for three reasons:
 * - A call that hangs cannot be interrupted.
 * - A process does not notice that it was frozen.
 * - After a reset, the new run's history may already contain a cancel by force. That run then starts no
 *   clean-up of its own.
 *
 * If a later attempt has taken the copy over, the store refuses the removal, because the number of this
 * attempt is lower.
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
 * Calls `prepare` again after a conflict. An earlier attempt of this job may have woken up and taken the
 * place: the next call then replaces its reservation. If somebody else has the place, each call conflicts.
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
