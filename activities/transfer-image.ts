import { CancelledFailure, Context, log } from '@temporalio/activity';
import { type CopyPlan, parseProgress, type TransferProgress } from '../src/copy-job/index.ts';
import { atSide, type DestinationRef, type InspectedImage } from '../src/stores/index.ts';
import { startTransfer, type Transfer } from '../src/transfer/index.ts';
import type { Dependencies } from './dependencies.ts';
import { faultOf, toFailure } from './failures.ts';
import { regionOf } from './region-of.ts';
import type { RunningTransfers } from './running-transfers.ts';
import { heartbeating, queuedFor } from './step.ts';

export interface TransferResult {
  readonly sha512: string;
  readonly bytes: number;
}

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
  const resumed = parseProgress(info.heartbeatDetails);
  let progress: TransferProgress =
    resumed === undefined
      ? { ranges: [], high_water: 0, moved_at: Date.now(), last_fault: null }
      : { ...resumed, moved_at: resumed.moved_at + queuedFor() };
  let transfer: Transfer | undefined;
  const observe = () => {
    if (transfer === undefined) return progress;
    const { ledger, fault } = transfer;
    progress = {
      ranges: ledger.ranges,
      high_water: Math.max(progress.high_water, ledger.bytes),
      moved_at: ledger.movedAt,
      last_fault: fault === null ? null : faultOf(fault),
    };
    return progress;
  };
  try {
    return await heartbeating(observe, async () => {
      transfer = await running.attach(ref.mark, () => open(deps, plan, ref, image, progress, info.attempt));
      const { sha512 } = await untilCancelled(transfer, () =>
        leaveOrStop(deps, running, plan, ref, transfer),
      );
      return { sha512, bytes: image.record.size };
    });
  } catch (error) {
    if (error instanceof CancelledFailure) throw new CancelledFailure(error.message, [observe()]);
    throw toFailure(error, Date.now() - progress.moved_at, deps.limits.giveUpAfter, observe());
  } finally {
    log.info('attempt ended', { read: transfer?.ledger.moved ?? 0, bytes: transfer?.ledger.bytes ?? 0 });
  }
}

async function open(
  { regions, limits, digests }: Dependencies,
  { source, destination }: CopyPlan,
  ref: DestinationRef,
  { record, pin }: InspectedImage,
  progress: TransferProgress,
  attempt: number,
): Promise<Transfer> {
  const from = regionOf(regions, source.region).store;
  const to = regionOf(regions, destination.region).store;
  const reader = await atSide('source', () => from.openReader(source, pin));
  try {
    const sink = await atSide('destination', () => to.openSink(ref, attempt, record.size));
    return startTransfer({
      reader,
      sink,
      size: record.size,
      sha512: record.os_hash_value,
      reported: progress.ranges,
      movedAt: progress.moved_at,
      lanes: limits.lanes,
      patience: { stall_after: limits.stallAfter, give_up_after: limits.giveUpAfter },
      digests,
    });
  } catch (error) {
    await reader.close();
    throw error;
  }
}

/** The transfer's result; or the attempt's cancellation, after `onCancelled` has seen to the transfer. */
async function untilCancelled(
  transfer: Transfer,
  onCancelled: () => Promise<void>,
): Promise<{ sha512: string }> {
  const { cancelled } = Context.current();
  try {
    return await Promise.race([transfer.finished, cancelled]);
  } catch (error) {
    if (error instanceof CancelledFailure) await onCancelled();
    throw error;
  }
}

/**
 * An attempt that the server has given up on may have a successor, which adopts the transfer; unless the
 * whole job was ended from outside (`temporal workflow terminate`), and nobody else will clean up.
 */
async function leaveOrStop(
  { client, regions, limits }: Dependencies,
  running: RunningTransfers,
  { destination }: CopyPlan,
  ref: DestinationRef,
  transfer: Transfer | undefined,
): Promise<void> {
  const { info, cancellationDetails } = Context.current();
  const superseded = cancellationDetails?.notFound || cancellationDetails?.timedOut;
  if (!superseded) return transfer?.stop();
  const { workflowId, runId } = info.workflowExecution ?? { workflowId: '', runId: '' };
  const job = await client.workflow
    .getHandle(workflowId, runId)
    .describe()
    .catch(() => undefined);
  if (job === undefined || job.status.name === 'RUNNING') {
    running.leave(ref.mark, 2 * limits.heartbeatTimeout);
    return;
  }
  await transfer?.stop();
  await regionOf(regions, destination.region).store.discard(ref);
}
