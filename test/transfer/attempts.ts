import { digestsOf, type ImageRecord } from '../../src/image/index.ts';
import {
  type DigestPool,
  startTransfer,
  type Transfer,
  type TransferOptions,
} from '../../src/transfer/index.ts';
import { ownLink } from '../support/link.ts';

/** Timeouts for tests that do not test timeouts. */
const PATIENT = { stall_after: 60_000, give_up_after: 60_000 };

type Ends = Pick<TransferOptions, 'reader' | 'sink' | 'spool' | 'size'>;

/** The options of an attempt that a test may choose, whatever the ends are. */
export interface CommonOptions extends Partial<Omit<TransferOptions, keyof Ends>> {
  /** The number of lanes that the attempt has for itself. */
  readonly lanes?: number;
}

/** The attempts at the transfer of an image, in their order. */
export class Attempts {
  readonly #digests: DigestPool;
  readonly #started: Transfer[] = [];

  constructor(digests: DigestPool) {
    this.#digests = digests;
  }

  /** The number of the next attempt. */
  get next(): number {
    return this.#started.length + 1;
  }

  /** Starts an attempt between two ends. `options` replace the usual ones. */
  start(image: ImageRecord, ends: Ends, { lanes, ...options }: CommonOptions): Transfer {
    const transfer = startTransfer({
      ...ends,
      ...ownLink(ends, lanes),
      expected: digestsOf(image),
      reported: [],
      movedAt: Date.now(),
      patience: PATIENT,
      digests: this.#digests,
      ...options,
    });
    this.#started.push(transfer);
    transfer.finished.catch(() => {});
    return transfer;
  }

  /** Stops all attempts. */
  async stop(): Promise<void> {
    await Promise.all(this.#started.map((transfer) => transfer.stop()));
  }
}
