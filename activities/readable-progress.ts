import { progressText, RateWindow, type TransferProgress } from '../src/copy-job/index.ts';
import type { Transfer } from '../src/transfer/index.ts';

/** Adds a line of text, for people, to the heartbeat details of an attempt. */
export class ReadableProgress {
  /** `true` while the workflow is paused. */
  isPaused = false;
  readonly #size: number;
  readonly #rate = new RateWindow();

  /** @param size the size of the image; bytes */
  constructor(size: number) {
    this.#size = size;
  }

  /**
   * Returns heartbeat details with a line of text under the key `about`. People see it first: the Web UI
   * keeps the order of the keys, and Temporal's command sorts them by name. `parseProgress` ignores the text.
   * @param transfer the running transfer; `undefined` if none is running
   */
  details(
    progress: TransferProgress,
    transfer: Transfer | undefined,
  ): { readonly about: string } & TransferProgress {
    const rate = this.#rate;
    if (transfer === undefined) rate.clear();
    else rate.add(transfer.ledger.bytes, Date.now());
    const state = { size: this.#size, rate: rate.current, isPaused: this.isPaused };
    return { about: progressText(progress, state), ...progress };
  }
}
