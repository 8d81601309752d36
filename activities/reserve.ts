import type { Client } from '@temporalio/client';
import type { ImageRecord } from '../src/image/index.ts';
import { type DestinationRef, type ImageDestination, StoreError } from '../src/stores/index.ts';
import { attemptNumber, jobIsUndone } from './lease.ts';

/** How often a place is asked for: each attempt that was frozen can be in the way once. */
const MAX_CALLS = 3;

/**
 * Reserves the place of an image, and asks afterwards whether the job still makes a copy. A call that hangs
 * cannot be interrupted, a process that was frozen does not know how long it was, and a run after a reset may
 * have inherited the end of the run before. What it has made when the job has ended, or undoes its copy, it
 * removes itself, for the removal may have been there already. Its own number keeps it from anything that a
 * later attempt has taken.
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
 * Calls again where the place is taken. It may be by an earlier attempt of this job, which was frozen and has
 * gone on at the same moment: another call takes its place. Anybody else's stays taken.
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
