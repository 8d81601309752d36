import type { CopyPlan } from '../src/copy-job/index.ts';
import { copyOf, type ImageRecord } from '../src/image/index.ts';
import { atSide, type DestinationRef } from '../src/stores/index.ts';
import { adoptCopy } from './adopt-copy.ts';
import type { Dependencies } from './dependencies.ts';
import { attemptNumber } from './lease.ts';
import { storeOf } from './region-of.ts';
import { reserve } from './reserve.ts';

/**
 * Reserves the image at the destination. If an earlier run of the job has committed a copy that can be
 * adopted, reserves nothing: the transfer will adopt that copy.
 */
export async function prepareDestination(
  { regions, client }: Dependencies,
  plan: CopyPlan,
  ref: DestinationRef,
  source: ImageRecord,
): Promise<void> {
  await atSide('destination', async () => {
    const destination = storeOf(regions, plan, 'destination');
    if ((await adoptCopy(client, destination, ref, attemptNumber(), source)) !== null) return;
    await reserve(client, destination, ref, copyOf(source, plan.destination, plan.source.tenant_id));
  });
}
