import {
  type DestinationRef,
  type ImageDestination,
  isStoreError,
  StoreError,
  watchWith,
} from '../src/stores/index.ts';
import { attemptNumber } from './lease.ts';

/**
 * Removes the job's unfinished copy from the destination if `isUnwanted` returns `true`. If the store refuses
 * the removal with `conflict`, the copy stays: a later attempt has taken it over, or the job may be going on.
 *
 * Calls `isUnwanted` once more right before a removal that the store cannot make conditional. By then the job
 * may have been reset, and its new run may use the same image.
 * @param isUnwanted tells whether the attempt itself has to remove the copy, because no later step of the job
 * will; MUST return `false` if Temporal does not answer
 */
export async function discardUnwanted(
  isUnwanted: () => Promise<boolean>,
  destination: ImageDestination,
  ref: DestinationRef,
): Promise<void> {
  if (!(await isUnwanted())) return;
  const confirm = async () => {
    if (!(await isUnwanted())) throw new StoreError('conflict', 'the job may be going on after a reset');
  };
  await destination.discard(ref, attemptNumber(), watchWith(confirm)).catch((error) => {
    if (!isStoreError(error, 'conflict')) throw error;
  });
}
