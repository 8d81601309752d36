import { CancelledFailure, Context, log } from '@temporalio/activity';
import { type CopyPlan, parseProgress, type TransferProgress } from '../src/copy-job/index.ts';
import type { DestinationRef, InspectedImage } from '../src/stores/index.ts';
import { StoreError } from '../src/stores/index.ts';
import type { Copied, Transfer } from '../src/transfer/index.ts';
import { adoptCopy } from './adopt-copy.ts';
import type { Dependencies } from './dependencies.ts';
import { faultOf, toFailure } from './failures.ts';
import { attemptNumber, confirmLease, isSuperseded, jobHasEnded } from './lease.ts';
import { openTransfer } from './open-transfer.ts';
import { storeOf } from './region-of.ts';
import type { RunningTransfers } from './running-transfers.ts';
import { heartbeating, queuedFor } from './step.ts';

export interface TransferResult extends Copied {
  readonly bytes: number;
}

/**
 * Uploads that break off so often, each time no farther on, and for as long as a copy may stand still, will
 * not come to their end.
 */
const MAX_FUTILE_UPLOADS = 10;

/**
 * Moves the image's bytes. Goes on from the last heartbeat of an earlier attempt, on whatever worker that
 * ran, or adopts its transfer where it still runs in this process.
 */
export async function transferImage(
  deps: Dependencies,
  running: RunningTransfers,
  plan: CopyPlan,
  ref: DestinationRef,
  image: InspectedImage,
): Promise<TransferResult> {
  const { info } = Context.current();
  const attempt = attemptNumber();
  const resumed = parseProgress(info.heartbeatDetails);
  const before: TransferProgress =
    resumed === undefined
      ? { ranges: [], high_water: 0, moved_at: Date.now(), futile: 0, futile_since: null, last_fault: null }
      : { ...resumed, moved_at: resumed.moved_at + queuedFor() };
  let progress = before;
  let transfer: Transfer | undefined;
  const observe = () => {
    if (transfer === undefined) return progress;
    const { ledger, fault, movedAt } = transfer;
    progress = {
      ...progress,
      ranges: ledger.ranges,
      high_water: Math.max(progress.high_water, ledger.bytes),
      moved_at: movedAt,
      last_fault: fault === null ? null : faultOf(fault),
    };
    return progress;
  };
  // While there is no room, nothing could move: that is no standing still.
  const wait = (fault: StoreError) => {
    progress = { ...progress, moved_at: Date.now(), last_fault: faultOf(fault) };
  };
  try {
    return await heartbeating(observe, async () => {
      const adopted = await adoptCopy(storeOf(deps.regions, plan, 'destination'), ref, attempt, image.record);
      if (adopted !== null) return { ...adopted, bytes: image.record.size };
      transfer = await running.attach(ref, () => openTransfer(deps, plan, ref, image, progress, wait));
      const copied = await untilCancelled(transfer, () => leaveOrStop(deps, running, plan, ref, transfer));
      await deps.spool?.remove(ref, attempt);
      await removeUnwanted(deps, plan, ref, observe());
      return { ...copied, bytes: image.record.size };
    });
  } catch (error) {
    const { cancellationSignal } = Context.current();
    if (cancellationSignal.aborted)
      throw new CancelledFailure(cancellationSignal.reason.message, [observe()]);
    const ended = observe();
    progress = { ...ended, ...futileUploads(before, transfer) };
    const standing = Date.now() - ended.moved_at;
    const { giveUpAfter } = deps.limits;
    throw toFailure(endlessly(error, progress, giveUpAfter), standing, giveUpAfter, progress);
  } finally {
    log.info('attempt ended', { read: transfer?.read ?? 0, bytes: transfer?.ledger.bytes ?? 0 });
  }
}

type Futility = Pick<TransferProgress, 'futile' | 'futile_since'>;

/** Counts the attempts in a row that have moved bytes, and have come no farther than one before. */
function futileUploads(before: TransferProgress, transfer: Transfer | undefined): Futility {
  const { futile, futile_since } = before;
  if (transfer === undefined || transfer.ledger.moved === 0) return { futile, futile_since };
  if (transfer.ledger.bytes > before.high_water) return { futile: 0, futile_since: null };
  return { futile: futile + 1, futile_since: futile_since ?? Date.now() };
}

function endlessly(error: unknown, { futile, futile_since }: Futility, patience: number): unknown {
  if (!(error instanceof StoreError) || !error.retryable || futile < MAX_FUTILE_UPLOADS) return error;
  if (Date.now() - (futile_since ?? Date.now()) < patience) return error;
  const message = `broken off ${futile} times without coming farther: ${error.message}`;
  return new StoreError('stalled', message, { cause: error, ...(error.side && { side: error.side }) });
}

/**
 * Waits for the transfer's result. If the attempt is cancelled first, calls `onCancelled`, and throws that.
 */
async function untilCancelled(transfer: Transfer, onCancelled: () => Promise<void>): Promise<Copied> {
  const { cancelled } = Context.current();
  try {
    return await Promise.race([transfer.finished, cancelled]);
  } catch (error) {
    if (error instanceof CancelledFailure) await onCancelled();
    throw error;
  }
}

/**
 * An attempt that the server has given up on may have a successor, which adopts the transfer. Where the whole
 * job was ended from outside (`temporal workflow terminate`), and nobody else will clean up, it removes what
 * is its own: the store keeps it from what is committed, and from what a later attempt has taken.
 */
async function leaveOrStop(
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
 * Removes what an attempt has copied whose job was ended from outside, where no heartbeat has told so yet: a
 * process that was frozen may come to its end before.
 */
async function removeUnwanted(
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
