import type { CopyPlan } from '../src/copy-job/index.ts';
import { copyOf, type ImageRecord } from '../src/image/index.ts';
import { atSide, type DestinationRef, isStoreError, StoreError } from '../src/stores/index.ts';
import { adoptCopy } from './adopt-copy.ts';
import { isFirstRun } from './current-run.ts';
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
    const copy = copyOf(source, plan.destination, plan.source.tenant_id);
    await reserve(client, destination, ref, copy).catch((error) => {
      throw isFirstRun(ref) ? asTaken(error) : error;
    });
  });
}

/**
 * Turns `spoilt` into `conflict`. After `spoilt`, a job goes on with another image id; after `conflict`, it
 * fails. Only the first run of a job needs this, because only somebody else can have used its image id. In a
 * later run, an earlier run of the job may have made and removed the image.
 */
function asTaken(error: unknown): unknown {
  if (!isStoreError(error, 'spoilt')) return error;
  return new StoreError('conflict', error.message, { cause: error });
}
