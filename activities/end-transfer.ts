import type { CopyPlan, TransferProgress } from '../src/copy-job/index.ts';
import type { DestinationRef } from '../src/stores/index.ts';
import type { Transfer } from '../src/transfer/index.ts';
import type { Dependencies } from './dependencies.ts';
import { discardUnwanted } from './discard-unwanted.ts';
import { attemptNumber, confirmLease, isSuperseded, jobHasEnded } from './lease.ts';
import { storeOf } from './region-of.ts';
import type { RunningTransfers } from './running-transfers.ts';

/**
 * Ends a cancelled attempt. If Temporal has given up on the attempt, leaves the transfer to the next attempt,
 * which may adopt it; otherwise stops the transfer. If the whole job was ended from outside (`temporal
 * workflow terminate`), nobody else will clean up, so the attempt removes what it has made. The store
 * protects committed images, and everything that a later attempt has taken over.
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
 * Removes the bytes of an attempt whose job was ended from outside. The attempt may not know that yet: a
 * process that was frozen may finish the transfer before a heartbeat tells it.
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
