import type { CopyPlan, TransferProgress } from '../src/copy-job/index.ts';
import type { DestinationRef } from '../src/stores/index.ts';
import type { Transfer } from '../src/transfer/index.ts';
import type { Dependencies } from './dependencies.ts';
import { discardUnwanted } from './discard-unwanted.ts';
import { attemptNumber, confirmLease, isSuperseded, jobHasEnded } from './lease.ts';
import { storeOf } from './region-of.ts';
import type { RunningTransfers } from './running-transfers.ts';

/**
 * Ends a cancelled attempt in one of three ways:
 * - Temporal still waits for the attempt: stops the transfer.
 * - Temporal has given up on the attempt, but the job is not known to have ended: leaves the transfer to the
 *   job's next attempt, which may adopt it.
 * - The job has ended, for example by `temporal workflow terminate`: stops the transfer, and removes the
 *   unfinished copy, because no later attempt does so. A committed image stays, and so does a copy that a
 *   later attempt has taken over.
 * @param transfer `undefined` if the attempt was cancelled before it had one
 */
export async function leaveOrStop(
  { client, regions, limits, spool }: Dependencies,
  running: RunningTransfers,
  plan: CopyPlan,
  ref: DestinationRef,
  transfer: Transfer | undefined,
): Promise<void> {
  if (!isSuperseded()) return transfer?.stop();
  if (!(await jobHasEnded(client, ref.mark))) {
    if (transfer !== undefined) running.leave(transfer, 2 * limits.heartbeatTimeout);
    return;
  }
  await transfer?.stop();
  await spool?.remove(ref, attemptNumber());
  const hasEnded = () => jobHasEnded(client, ref.mark);
  await discardUnwanted(hasEnded, storeOf(regions, plan, 'destination'), ref);
}

/**
 * Asks Temporal, after a transfer, whether it still waits for the attempt. If it does not, and the job has
 * ended, removes the unfinished copy. A process that was frozen may have finished the transfer without
 * hearing that the job was terminated.
 */
export async function removeUnwanted(
  { client, regions }: Dependencies,
  plan: CopyPlan,
  ref: DestinationRef,
  progress: TransferProgress,
): Promise<void> {
  const isWanted = await confirmLease(client, progress).then(
    () => true,
    () => false,
  );
  if (isWanted) return;
  const hasEnded = () => jobHasEnded(client, ref.mark);
  await discardUnwanted(hasEnded, storeOf(regions, plan, 'destination'), ref);
}
