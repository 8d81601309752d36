import type { DestinationRef } from '../src/stores/index.ts';
import type { Transfer } from '../src/transfer/index.ts';
import { currentRun } from './current-run.ts';

interface Entry {
  readonly opening: Promise<Transfer>;
  /** `undefined` while the transfer is being opened. */
  transfer: Transfer | undefined;
  /** The number of attempts that use the transfer. */
  attached: number;
}

/**
 * The transfers that run in this process, by workflow run and image. If the worker was cut off from Temporal
 * for a while, the transfer of a first attempt may still run here when a second attempt starts. The second
 * attempt then adopts that transfer.
 */
export class RunningTransfers {
  readonly #entries = new Map<string, Entry>();

  /** Returns the transfer of this image that is running. If none is running, starts one. */
  attach(ref: DestinationRef, start: () => Promise<Transfer>): Promise<Transfer> {
    const key = keyOf(ref);
    const running = this.#entries.get(key);
    if (running !== undefined) {
      running.attached += 1;
      return running.opening;
    }
    const opening = start();
    const entry: Entry = { opening, transfer: undefined, attached: 1 };
    this.#entries.set(key, entry);
    const forget = () => this.#entries.delete(key);
    opening
      .then((transfer) => {
        entry.transfer = transfer;
        return transfer.finished;
      })
      .then(forget, forget);
    return opening;
  }

  /**
   * Leaves a transfer to the next attempt. If no attempt uses it after `wait` milliseconds, stops it. Does
   * nothing if the transfer has ended; the next attempt may have another transfer of the same image.
   */
  leave(transfer: Transfer, wait: number): void {
    const entry = [...this.#entries.values()].find((one) => one.transfer === transfer);
    if (entry === undefined) return;
    entry.attached -= 1;
    setTimeout(() => {
      if (entry.attached === 0) transfer.stop();
    }, wait).unref();
  }
}

function keyOf({ image_id }: DestinationRef): string {
  return `${currentRun().runId} ${image_id}`;
}
