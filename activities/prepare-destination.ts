import { Context } from '@temporalio/activity';
import type { CopyPlan } from '../src/copy-job/index.ts';
import { copyOf, type ImageRecord } from '../src/image/index.ts';
import { atSide, type DestinationRef } from '../src/stores/index.ts';
import type { Dependencies } from './dependencies.ts';
import { isSuperseded, jobHasEnded } from './ended-job.ts';
import { storeOf } from './region-of.ts';

/**
 * Reserves the image at the destination. A call that hangs cannot be interrupted: what it makes when nobody wants it
 * any more, it removes itself, for the clean-up may have been there already.
 */
export async function prepareDestination(
  { regions, client }: Dependencies,
  plan: CopyPlan,
  ref: DestinationRef,
  source: ImageRecord,
): Promise<void> {
  await atSide('destination', async () => {
    const destination = storeOf(regions, plan, 'destination');
    try {
      await destination.prepare(ref, copyOf(source, plan.destination, plan.source.tenant_id));
    } finally {
      if (await isUnwanted(client)) await destination.discard(ref);
    }
  });
}

async function isUnwanted(client: Dependencies['client']): Promise<boolean> {
  if (Context.current().cancellationDetails?.cancelRequested) return true;
  return isSuperseded() && jobHasEnded(client);
}
