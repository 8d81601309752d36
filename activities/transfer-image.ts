import { CancelledFailure, Context, log } from '@temporalio/activity';
import { type CopyPlan, parseProgress, type TransferProgress } from '../src/copy-job/index.ts';
import type { DestinationRef, InspectedImage } from '../src/stores/index.ts';
import { StoreError } from '../src/stores/index.ts';
import type { Copied, Transfer } from '../src/transfer/index.ts';
import { adoptCopy } from './adopt-copy.ts';
import type { Dependencies } from './dependencies.ts';
import { leaveOrStop, removeUnwanted } from './end-transfer.ts';
import { faultOfError, toFailure } from './failures.ts';
import { attemptNumber } from './lease.ts';
import { openTransfer, type TransferOptions } from './open-transfer.ts';
import { exceptWhilePaused, type PausableWork } from './paused-workflow.ts';
import { ReadableProgress } from './readable-progress.ts';
import { storeOf } from './region-of.ts';
import type { RunningTransfers } from './running-transfers.ts';
import { heartbeating, queuedFor } from './step.ts';

/** The result of a transfer: the digests and the number of the copied bytes, and how they were copied. */
export interface TransferResult extends Copied {
  readonly bytes: number;
}

/**
 * A copy is given up after this many uploads in a row that came no farther than an earlier one, once
 * `giveUpAfter` has passed since the first of them.
 */
const MAX_FUTILE_UPLOADS = 10;

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
  const before = progressBefore();
  let progress = before;
  let transfer: Transfer | undefined;
  const observe = () => {
    progress = observed(progress, transfer);
    return progress;
  };
  // Restarts the time without progress, when waiting for room (a fault) or for a pause to end (`null`).
  const noteWait = (fault: StoreError | null) => {
    readable.isPaused = fault === null;
    progress = { ...progress, moved_at: Date.now(), last_fault: fault && faultOfError(fault) };
  };
  const readable = new ReadableProgress(image.record.size);
  let readBefore = 0;
  let limit: number | null = null;
  const work: PausableWork<Copied> = {
    async begin() {
      readable.isPaused = false;
      const open = () => openTransfer(deps, { plan, ref, image, progress, onWait: noteWait });
      transfer = await running.attach(ref, open);
      transfer.limitTo(limit);
      return transfer;
    },
    onRecord({ bandwidth_limit = null }) {
      limit = bandwidth_limit;
      transfer?.limitTo(limit);
    },
    async stop() {
      await transfer?.stop();
      observe();
      readBefore += transfer?.read ?? 0;
      transfer = undefined;
    },
    onPaused: () => noteWait(null),
  };
  const { cancellationSignal: signal } = Context.current();
  // The cancellation may come at any time, even while the source and the destination are being opened.
  const endIfCancelled = async (error: unknown) => {
    if (signal.aborted) await leaveOrStop(deps, running, plan, ref, transfer);
    throw error;
  };
  try {
    const beat = () => readable.details(observe(), transfer);
    const copy = () => makeCopy(deps, { plan, ref, image }, work, observe).catch(endIfCancelled);
    return await heartbeating(beat, copy);
  } catch (error) {
    if (signal.aborted) throw new CancelledFailure(signal.reason.message, [observe()]);
    throw failureAt(error, { ...observe(), ...futileUploads(before, transfer) }, deps.limits.giveUpAfter);
  } finally {
    const { read = 0, ledger } = transfer ?? {};
    log.info('attempt ended', { read: readBefore + read, bytes: ledger?.bytes ?? 0 });
  }
}

/**
 * Copies the bytes, unless an earlier run has committed them already. Returns when all of them are at the
 * destination. If the job was ended from outside in the meantime, removes them again.
 */
async function makeCopy(
  deps: Dependencies,
  { plan, ref, image: { record } }: Pick<TransferOptions, 'plan' | 'ref' | 'image'>,
  work: PausableWork<Copied>,
  observe: () => TransferProgress,
): Promise<TransferResult> {
  const to = storeOf(deps.regions, plan, 'destination');
  const adopted = await adoptCopy(to, ref, attemptNumber(), record);
  if (adopted !== null) return { ...adopted, bytes: record.size };
  const result = await exceptWhilePaused(deps.client, work);
  await deps.spool?.remove(ref, attemptNumber());
  await removeUnwanted(deps, plan, ref, observe());
  return { ...result, bytes: record.size };
}

/** Returns the progress with which this attempt begins: that of the earlier attempts, if there were any. */
function progressBefore(): TransferProgress {
  const resumed = parseProgress(Context.current().info.heartbeatDetails);
  if (resumed !== undefined) return { ...resumed, moved_at: resumed.moved_at + queuedFor() };
  return {
    ranges: [],
    high_water: 0,
    moved_at: Date.now(),
    futile: 0,
    futile_since: null,
    last_fault: null,
  };
}

/** Returns the progress, updated with what the transfer has moved so far. */
function observed(progress: TransferProgress, transfer: Transfer | undefined): TransferProgress {
  if (transfer === undefined) return progress;
  const { ledger, fault, movedAt, heldBy } = transfer;
  const { held_by: _, ...last } = progress;
  return {
    ...last,
    ranges: ledger.ranges,
    high_water: Math.max(progress.high_water, ledger.bytes),
    moved_at: movedAt,
    last_fault: fault === null ? null : faultOfError(fault),
    ...(heldBy !== null && { held_by: heldBy }),
  };
}

/** Returns the failure with which an attempt ends at this progress. */
function failureAt(error: unknown, progress: TransferProgress, giveUpAfter: number): Error {
  const stalledFor = Date.now() - progress.moved_at;
  return toFailure(stalledIfFutile(error, progress, giveUpAfter), stalledFor, giveUpAfter, progress);
}

type Futility = Pick<TransferProgress, 'futile' | 'futile_since'>;

/** Counts the attempts in a row that have moved bytes, but have come no farther than an earlier attempt. */
function futileUploads(before: TransferProgress, transfer: Transfer | undefined): Futility {
  const { futile, futile_since } = before;
  if (transfer === undefined || transfer.ledger.moved === 0) return { futile, futile_since };
  if (transfer.ledger.bytes > before.high_water) return { futile: 0, futile_since: null };
  return { futile: futile + 1, futile_since: futile_since ?? Date.now() };
}

/** Returns the error, or `stalled` instead if too many uploads in a row have come no farther. */
function stalledIfFutile(error: unknown, { futile, futile_since }: Futility, patience: number): unknown {
  if (!(error instanceof StoreError) || !error.retryable || futile < MAX_FUTILE_UPLOADS) return error;
  if (Date.now() - (futile_since ?? Date.now()) < patience) return error;
  const message = `broken off ${futile} times without coming farther: ${error.message}`;
  return new StoreError('stalled', message, { cause: error, ...(error.side && { side: error.side }) });
}
