import { Context } from '@temporalio/activity';
import type { DestinationRef } from '../src/stores/index.ts';
import type { Transfer } from '../src/transfer/index.ts';

interface Entry {
  readonly transfer: Promise<Transfer>;
  /** The number of attempts that wait for the transfer. */
  attached: number;
}

/**
 * The transfers that run in this process, by the run of the workflow and the image that it makes. After a
 * loss of contact with the control plane, a second attempt may come to the process in which the first
 * attempt's transfer still runs. It adopts that transfer instead of starting over. A run that a reset has
 * made starts its own.
 */
export class RunningTransfers {
  readonly #entries = new Map<string, Entry>();

  /** Returns the transfer that runs for this image. If there is none, starts one. */
  attach(ref: DestinationRef, start: () => Promise<Transfer>): Promise<Transfer> {
    const key = keyOf(ref);
    const running = this.#entries.get(key);
    if (running !== undefined) {
      running.attached += 1;
      return running.transfer;
    }
    const transfer = start();
    this.#entries.set(key, { transfer, attached: 1 });
    const forget = () => this.#entries.delete(key);
    transfer.then(({ finished }) => finished).then(forget, forget);
    return transfer;
  }

  /** Leaves a transfer to the next attempt. If none has come for it within `wait` milliseconds, stops it. */
  leave(ref: DestinationRef, wait: number): void {
    const entry = this.#entries.get(keyOf(ref));
    if (entry === undefined) return;
    entry.attached -= 1;
    setTimeout(() => {
      if (entry.attached === 0) entry.transfer.then((transfer) => transfer.stop());
    }, wait).unref();
  }
}

function keyOf({ image_id }: DestinationRef): string {
  return `${Context.current().info.workflowExecution?.runId} ${image_id}`;
}
