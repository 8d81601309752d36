import { CancelledFailure, Context } from '@temporalio/activity';
import type { CopyPlan, TransferProgress } from '../src/copy-job/index.ts';
import type { DestinationRef } from '../src/stores/index.ts';
import type { Transfer } from '../src/transfer/index.ts';
import type { Dependencies } from './dependencies.ts';
import { attemptNumber, confirmLease, isSuperseded, jobHasEnded } from './lease.ts';
import { storeOf } from './region-of.ts';
import type { RunningTransfers } from './running-transfers.ts';

/**
 * Waits for a part of the attempt's work. If the attempt is cancelled first, calls `onCancelled`, and throws
 * the cancellation.
 */
export async function untilCancelled<T>(work: Promise<T>, onCancelled: () => Promise<void>): Promise<T> {
  const { cancelled } = Context.current();
  try {
    return await Promise.race([work, cancelled]);
  } catch (error) {
    if (error instanceof CancelledFailure) await onCancelled();
    throw error;
  }
}

/**
 * Ends a cancelled attempt. If the server has given up on the attempt, leaves the transfer to a successor,
 * which may adopt it; otherwise stops the transfer. If the whole job was ended from outside (`temporal
 * workflow terminate`), nobody else will clean up, so the attempt removes what is its own. The store protects
 * committed images, and all that a later attempt has taken.
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
    running.leave(ref, 2 * limits.heartbeatTimeout);
    return;
  }
  await transfer?.stop();
  const attempt = attemptNumber();
  await spool?.remove(ref, attempt);
  await storeOf(regions, plan, 'destination').discard(ref, attempt);
}

/**
 * Removes the bytes of an attempt if its job was ended from outside and no heartbeat has said so yet: a
 * process that was frozen may finish the transfer before one does.
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
  if (isWanted || !(await jobHasEnded(client, ref.mark))) return;
  await storeOf(regions, plan, 'destination').discard(ref, attemptNumber());
}
