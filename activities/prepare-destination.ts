import type { CopyPlan } from '../src/copy-job/index.ts';
import { copyOf, type ImageRecord } from '../src/image/index.ts';
import { atSide, type DestinationRef, StoreError, type Watch } from '../src/stores/index.ts';
import { adoptCopy } from './adopt-copy.ts';
import type { Dependencies } from './dependencies.ts';
import { attemptNumber, jobIsUndone } from './lease.ts';
import { storeOf } from './region-of.ts';

/** How often a place is asked for: each attempt that was frozen can be in the way once. */
const MAX_CALLS = 3;

/**
 * Reserves the image at the destination. A call that hangs cannot be interrupted, and a process that was
 * frozen does not know how long it was: so it asks afterwards. What it has made when the job has ended, or
 * undoes its copy, it removes itself, for the removal may have been there already. Its own number keeps it
 * from anything that a later attempt has taken.
 */
export async function prepareDestination(
  { regions, client }: Dependencies,
  plan: CopyPlan,
  ref: DestinationRef,
  source: ImageRecord,
  watch: Watch,
): Promise<void> {
  const attempt = attemptNumber();
  await atSide('destination', async () => {
    const destination = storeOf(regions, plan, 'destination');
    if ((await adoptCopy(destination, ref, attempt, source)) !== null) return;
    const copy = copyOf(source, plan.destination, plan.source.tenant_id);
    try {
      await takingTheirPlace(() => destination.prepare(ref, attempt, copy));
    } finally {
      const isWanted = await watch.confirm().then(
        () => true,
        () => false,
      );
      if (!isWanted && (await jobIsUndone(client, ref.mark))) await destination.discard(ref, attempt);
    }
  });
}

/**
 * Calls again where the place is taken. It may be by an earlier attempt of this job, which was frozen and has
 * gone on at the same moment: another call takes its place. Anybody else's stays taken.
 */
async function takingTheirPlace(prepare: () => Promise<void>): Promise<void> {
  for (let calls = 1; ; calls += 1) {
    try {
      return await prepare();
    } catch (error) {
      if (!(error instanceof StoreError) || error.code !== 'conflict' || calls === MAX_CALLS) throw error;
    }
  }
}
