import type { CopyPlan } from '../src/copy-job/index.ts';
import { copyOf, type ImageRecord } from '../src/image/index.ts';
import { atSide, type DestinationRef, type Watch } from '../src/stores/index.ts';
import { adoptCopy } from './adopt-copy.ts';
import type { Dependencies } from './dependencies.ts';
import { attemptNumber, jobHasEnded } from './lease.ts';
import { storeOf } from './region-of.ts';

/**
 * Reserves the image at the destination. A call that hangs cannot be interrupted, and a process that was
 * frozen does not know how long it was: so it asks afterwards. What it has made when the job has ended, it
 * removes itself, for the clean-up may have been there already. Its own number keeps it from anything that a
 * later attempt has taken.
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
    try {
      await destination.prepare(ref, attempt, copyOf(source, plan.destination, plan.source.tenant_id));
    } finally {
      const isWanted = await watch.confirm().then(
        () => true,
        () => false,
      );
      if (!isWanted && (await jobHasEnded(client, ref.mark))) await destination.discard(ref, attempt);
    }
  });
}
