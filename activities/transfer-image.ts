import { CancelledFailure, Context, log } from '@temporalio/activity';
import type { CopyPlan, TransferProgress } from '../src/copy-job/index.ts';
import type { DestinationRef, InspectedImage } from '../src/stores/index.ts';
import type { Copied } from '../src/transfer/index.ts';
import { adoptCopy } from './adopt-copy.ts';
import type { Dependencies } from './dependencies.ts';
import { leaveOrStop, removeUnwanted } from './end-transfer.ts';
import { toFailure } from './failures.ts';
import { stalledIfFutile } from './futile-uploads.ts';
import { attemptNumber, unlessClockWasSetBack } from './lease.ts';
import { openTransfer } from './open-transfer.ts';
import { exceptWhilePaused } from './paused-workflow.ts';
import { storeOf } from './region-of.ts';
import type { RunningTransfers } from './running-transfers.ts';
import { heartbeating } from './step.ts';
import { TransferAttempt } from './transfer-attempt.ts';

/** The result of a transfer: the digests and the number of the copied bytes, and how they were copied. */
export interface TransferResult extends Copied {
  readonly bytes: number;
}

/**
 * Moves the image's bytes. Continues from the last heartbeat of an earlier attempt, whichever worker it ran
 * on. If that attempt's transfer still runs in this process, adopts it.
 */
export async function transferImage(
  deps: Dependencies,
  running: RunningTransfers,
  plan: CopyPlan,
  ref: DestinationRef,
  image: InspectedImage,
): Promise<TransferResult> {
  const attempt = new TransferAttempt(image.record.size, (progress, onWait) =>
    running.attach(ref, () => openTransfer(deps, { plan, ref, image, progress, onWait })),
  );
  const { cancellationSignal: signal } = Context.current();
  const copy = async () => {
    try {
      return await makeCopy(deps, attempt, plan, ref, image);
    } catch (error) {
      // The cancellation may come at any time, even while the source and the destination are being opened.
      if (signal.aborted) await leaveOrStop(deps, running, plan, ref, attempt.transfer);
      throw error;
    }
  };
  try {
    return await heartbeating(() => attempt.heartbeat(), copy);
  } catch (error) {
    if (signal.aborted) throw new CancelledFailure(signal.reason.message, [attempt.observe()]);
    const found = await unlessClockWasSetBack(deps.client, error, attempt.heartbeat());
    throw failureAt(found, attempt.atFailure(), deps.limits.giveUpAfter);
  } finally {
    log.info('attempt ended', attempt.totals);
  }
}

/**
 * Copies the bytes, unless an earlier run has committed them already. Returns when all of them are at the
 * destination. If the job has ended in the meantime, removes them again.
 */
async function makeCopy(
  deps: Dependencies,
  attempt: TransferAttempt,
  plan: CopyPlan,
  ref: DestinationRef,
  { record }: InspectedImage,
): Promise<TransferResult> {
  const destination = storeOf(deps.regions, plan, 'destination');
  const adopted = await adoptCopy(deps.client, destination, ref, attemptNumber(), record);
  if (adopted !== null) return { ...adopted, bytes: record.size };
  const copied = await exceptWhilePaused(deps.client, attempt);
  await deps.spool?.remove(ref, attemptNumber());
  await removeUnwanted(deps, plan, ref, attempt.observe());
  return { ...copied, bytes: record.size };
}

/** Returns the failure with which an attempt ends at this progress. */
function failureAt(error: unknown, progress: TransferProgress, giveUpAfter: number): Error {
  const stalledFor = Date.now() - progress.moved_at;
  return toFailure(stalledIfFutile(error, progress, giveUpAfter), stalledFor, giveUpAfter, progress);
}
