import type { CopyPlan } from '../src/copy-job/index.ts';
import { copyOf, type ImageRecord } from '../src/image/index.ts';
import { atSide, type DestinationRef, type Watch } from '../src/stores/index.ts';
import { confirmWithTask } from './awaited-by-task.ts';
import type { Dependencies } from './dependencies.ts';
import { discardUnwanted } from './discard-unwanted.ts';
import { withEarlierCommits } from './earlier-runs.ts';
import { attemptNumber, jobHasEnded } from './lease.ts';
import { storeOf } from './region-of.ts';

/**
 * Makes the copy visible, as an image or as an object. If the commit of an object fails, and the job has
 * ended meanwhile, no later step cleans up. So this step then removes the unfinished object.
 * @param ref holds the digests of the copied bytes
 */
export async function commitImage(
  { regions, client }: Dependencies,
  plan: CopyPlan,
  ref: DestinationRef,
  source: ImageRecord,
  watch: Watch,
): Promise<void> {
  const { sha512, md5 } = ref.digests;
  const copy = copyOf(source, plan.destination, plan.source.tenant_id);
  const digests = { os_hash_algo: sha512 === null ? null : 'sha512', os_hash_value: sha512 } as const;
  const record = { ...copy, ...digests, checksum: md5 ?? source.checksum };
  await atSide('destination', async () => {
    const destination = storeOf(regions, plan, 'destination');
    const attempt = attemptNumber();
    try {
      const confirm = plan.objects ? confirmWithTask(client, watch.confirm) : watch.confirm;
      const refToCommit = await withEarlierCommits(client, destination, ref);
      await destination.commit(refToCommit, attempt, record, { ...watch, confirm });
    } catch (error) {
      if (plan.objects) await discardUnwanted(() => jobHasEnded(client, ref.mark), destination, ref);
      throw error;
    }
  });
}
