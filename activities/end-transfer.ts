import type { CopyPlan, TransferProgress } from '../src/copy-job/index.ts';
import type { DestinationRef } from '../src/stores/index.ts';
import type { Transfer } from '../src/transfer/index.ts';
import type { Dependencies } from './dependencies.ts';
import { discardUnwanted } from './discard-unwanted.ts';
import { attemptNumber, confirmLease, isSuperseded, jobHasEnded } from './lease.ts';
import { storeOf } from './region-of.ts';
import type { RunningTransfers } from './running-transfers.ts';

/**
 * Ends a cancelled attempt.
 * - If Temporal still waits for the attempt, stops the transfer.
 * - If Temporal has given up on the attempt, leaves the transfer to the next one, which may adopt it.
 * - If the job was ended from outside (`temporal workflow terminate`), there is no next attempt, and nobody
 *   else cleans up. So this stops the transfer and removes what the attempt has made. The store protects
 *   committed images, and what a later attempt has taken over.
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
    if (transfer !== undefined) running.leave(ref, 2 * limits.heartbeatTimeout);
    return;
  }
  await transfer?.stop();
  await spool?.remove(ref, attemptNumber());
  const hasEnded = () => jobHasEnded(client, ref.mark);
  await discardUnwanted(hasEnded, storeOf(regions, plan, 'destination'), ref);
}

/**
 * Asks Temporal whether the attempt is still wanted, and removes its bytes if the job was ended from outside.
 * A process that was frozen may have finished the transfer without hearing of that end.
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
