import type { Client } from '@temporalio/client';
import type { ImageRecord } from '../src/image/index.ts';
import { type DestinationRef, type ImageDestination, StoreError } from '../src/stores/index.ts';
import { attemptNumber, jobIsUndone } from './lease.ts';

/** How many times the reservation is tried: each earlier attempt that was frozen can be in the way once. */
const MAX_CALLS = 3;

/**
 * Reserves the place of an image, and then checks that the job still makes a copy. This is needed because a
 * call that hangs cannot be interrupted, a process that was frozen does not know for how long, and a run
 * after a reset may have inherited the end of the earlier run. If the job has ended or undoes its copy,
 * removes the reservation: the job's own removal may have come too early for it. The attempt's number
 * protects everything that a later attempt has taken.
 */
export async function reserve(
  client: Client,
  destination: ImageDestination,
  ref: DestinationRef,
  image: ImageRecord,
): Promise<void> {
  const attempt = attemptNumber();
  try {
    await takingItsPlace(() => destination.prepare(ref, attempt, image));
  } finally {
    if (await jobIsUndone(client, ref.mark)) await destination.discard(ref, attempt);
  }
}

/**
 * Calls `prepare` again if the place is taken. An earlier attempt of this job, which was frozen and went on
 * at the same moment, may have taken it: the next call replaces that. A place that somebody else has taken
 * stays taken.
 */
async function takingItsPlace(prepare: () => Promise<void>): Promise<void> {
  for (let calls = 1; ; calls += 1) {
    try {
      return await prepare();
    } catch (error) {
      if (!(error instanceof StoreError) || error.code !== 'conflict' || calls === MAX_CALLS) throw error;
    }
  }
}
