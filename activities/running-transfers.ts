import type { Transfer } from '../src/transfer/index.ts';

interface Entry {
  readonly transfer: Promise<Transfer>;
  /** How many attempts are watching it. */
  attached: number;
}

/**
 * The transfers that run in this process, by the mark of their job. When the control plane was away for a
 * while, a second attempt may be handed to the process where the first one's transfer still runs: it adopts
 * that one instead of starting over.
 */
export class RunningTransfers {
  readonly #entries = new Map<string, Entry>();

  /** The transfer that runs for this mark, or the one that `start` starts. */
  attach(mark: string, start: () => Promise<Transfer>): Promise<Transfer> {
    const running = this.#entries.get(mark);
    if (running !== undefined) {
      running.attached += 1;
      return running.transfer;
    }
    const transfer = start();
    this.#entries.set(mark, { transfer, attached: 1 });
    const forget = () => this.#entries.delete(mark);
    transfer.then(({ finished }) => finished).then(forget, forget);
    return transfer;
  }

  /** Leaves a transfer to the attempt that may come for it within `wait` milliseconds; then it is stopped. */
  leave(mark: string, wait: number): void {
    const entry = this.#entries.get(mark);
    if (entry === undefined) return;
    entry.attached -= 1;
    setTimeout(() => {
      if (entry.attached === 0) entry.transfer.then((transfer) => transfer.stop());
    }, wait).unref();
  }
}
