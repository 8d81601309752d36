import {
  type DestinationRef,
  type ImageDestination,
  isStoreError,
  StoreError,
  watchWith,
} from '../src/stores/index.ts';
import { attemptNumber } from './lease.ts';

/**
 * Removes what this attempt has made at the destination, if nobody else will do so. The store asks again
 * right before it removes anything: the job may have been reset, and its new run may use the same image.
 * @param isUnwanted tells whether the job has ended, so that nobody else cleans up; `false` if Temporal does
 * not answer
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
