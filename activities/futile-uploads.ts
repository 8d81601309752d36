import type { TransferProgress } from '../src/copy-job/index.ts';
import { StoreError } from '../src/stores/index.ts';
import type { Transfer } from '../src/transfer/index.ts';

/**
 * The number of attempts in a row that have come no farther than an earlier one, after which a copy is given
 * up: its upload, or the reading back of its image, broke off each time. Even then, it is given up only if
 * `giveUpAfter` has passed since the first of these attempts broke off.
 */
const MAX_FUTILE_UPLOADS = 10;

type Futility = Pick<TransferProgress, 'futile' | 'futile_since'>;

/**
 * Counts the attempts in a row that have moved or read back bytes, but have come no farther than an earlier
 * attempt.
 * @param before the progress with which this attempt began
 * @param transfer the transfer of this attempt; `undefined` if it has none
 */
export function futileUploads(before: TransferProgress, transfer: Transfer | undefined): Futility {
  const { futile, futile_since } = before;
  if (transfer === undefined) return { futile, futile_since };
  const { moved, hashed, bytes } = transfer.ledger;
  if (moved === 0 && hashed === 0) return { futile, futile_since };
  if (bytes > before.high_water) return { futile: 0, futile_since: null };
  return { futile: futile + 1, futile_since: futile_since ?? Date.now() };
}

/**
 * Returns the error itself. If too many uploads in a row, for too long, have come no farther, returns
 * `stalled` instead.
 * @param patience for how long a copy may come no farther; milliseconds
 */
export function stalledIfFutile(
  error: unknown,
  { futile, futile_since }: Futility,
  patience: number,
): unknown {
  if (!(error instanceof StoreError) || !error.retryable || futile < MAX_FUTILE_UPLOADS) return error;
  if (Date.now() - (futile_since ?? Date.now()) < patience) return error;
  const message = `broken off ${futile} times without coming farther: ${error.message}`;
  return new StoreError('stalled', message, { cause: error, ...(error.side && { side: error.side }) });
}
