import { Context } from '@temporalio/activity';
import { type JobDetails, parseProgress, type TransferProgress } from '../src/copy-job/index.ts';
import type { StoreError } from '../src/stores/index.ts';
import type { Copied, Transfer } from '../src/transfer/index.ts';
import { faultOfError } from './failures.ts';
import { futileUploads } from './futile-uploads.ts';
import type { PausableWork } from './paused-workflow.ts';
import { ReadableProgress } from './readable-progress.ts';
import { countedFrom } from './step.ts';

/**
 * Starts a transfer that goes on from some progress, or returns the one that is running in this process.
 * Calls `onWait` if the transfer has to wait for room or for memory.
 */
type Start = (progress: TransferProgress, onWait: (fault: StoreError) => void) => Promise<Transfer>;

/**
 * The state of one attempt at an image: its progress, and the transfer that is running. A pause of the
 * workflow stops the transfer; after the pause, the attempt starts another one.
 */
export class TransferAttempt implements PausableWork<Copied> {
  readonly #start: Start;
  readonly #readable: ReadableProgress;
  /** The progress of the earlier attempts. */
  readonly #before = progressBefore();
  #progress = this.#before;
  #transfer: Transfer | undefined;
  /** The limit of bandwidth on record; bytes a second. */
  #limit: number | null = null;
  /** The number of bytes that this attempt's earlier transfers have read. A pause has stopped each one. */
  #readBefore = 0;

  /** @param size the size of the image; bytes */
  constructor(size: number, start: Start) {
    this.#readable = new ReadableProgress(size);
    this.#start = start;
  }

  /** The transfer that is running, or has ended by itself; `undefined` if there is none. */
  get transfer(): Transfer | undefined {
    return this.#transfer;
  }

  async begin(): Promise<Transfer> {
    this.#readable.isPaused = false;
    const transfer = await this.#start(this.#progress, (fault) => this.#noteWait(fault));
    this.#transfer = transfer;
    transfer.limitTo(this.#limit);
    return transfer;
  }

  async stop(): Promise<void> {
    await this.#transfer?.stop();
    this.observe();
    this.#readBefore += this.#transfer?.read ?? 0;
    this.#transfer = undefined;
  }

  onPaused(): void {
    this.#noteWait(null);
  }

  onRecord({ bandwidth_limit = null }: Partial<JobDetails>): void {
    this.#limit = bandwidth_limit;
    this.#transfer?.limitTo(bandwidth_limit);
  }

  /** Adds to the progress what the transfer has moved so far, and returns the progress. */
  observe(): TransferProgress {
    if (this.#transfer !== undefined) this.#progress = advanced(this.#progress, this.#transfer);
    return this.#progress;
  }

  /** Returns the details of a heartbeat: the progress, and a line of text for people. */
  heartbeat(): TransferProgress {
    return this.#readable.details(this.observe(), this.#transfer);
  }

  /** Returns the progress for the next attempt, if this one fails now. */
  atFailure(): TransferProgress {
    return { ...this.observe(), ...futileUploads(this.#before, this.#transfer) };
  }

  /** The bytes that this attempt has read, and those that are at the destination. */
  get totals(): { readonly read: number; readonly bytes: number } {
    const { read = 0, ledger } = this.#transfer ?? {};
    return { read: this.#readBefore + read, bytes: ledger?.bytes ?? 0 };
  }

  /**
   * Restarts the count of the time without progress, because the attempt waits.
   * @param fault says what the attempt waits for; `null` if the workflow is paused
   */
  #noteWait(fault: StoreError | null): void {
    this.#readable.isPaused = fault === null;
    this.#progress = { ...this.#progress, moved_at: Date.now(), last_fault: fault && faultOfError(fault) };
  }
}

/** Returns the progress with which this attempt begins: that of the earlier attempts, if there were any. */
function progressBefore(): TransferProgress {
  const resumed = parseProgress(Context.current().info.heartbeatDetails);
  if (resumed !== undefined) return { ...resumed, moved_at: countedFrom(resumed.moved_at) };
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
function advanced(progress: TransferProgress, transfer: Transfer): TransferProgress {
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
