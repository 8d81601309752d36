import { bytesText, clockText, rateText } from '../text/index.ts';
import type { TransferProgress } from './progress.ts';

/** An attempt knows this of its transfer, and need not tell it to the next attempt. */
interface AttemptState {
  /** The size of the image; bytes. */
  readonly size: number;
  /** Bytes a second. */
  readonly rate: number;
  /** `true` while the workflow is paused. */
  readonly isPaused: boolean;
}

/**
 * Tells in a line how far a transfer is, and what it waits for. The line has nothing in it that others have
 * chosen: `45%, 3.6 GiB of 8.0 GiB, 764.7 MiB/s, ETA 0:06, held back by limits.bandwidth`.
 */
export function progressText(progress: TransferProgress, { size, rate, isPaused }: AttemptState): string {
  const { high_water, last_fault, held_by } = progress;
  const percent = size === 0 ? 100 : Math.floor((Math.min(high_water, size) / size) * 100);
  const parts = [`${percent}%`, `${bytesText(high_water)} of ${bytesText(size)}`];
  if (isPaused) return [...parts, 'paused'].join(', ');
  parts.push(rateText(rate));
  if (rate > 0 && high_water < size) parts.push(`ETA ${clockText((size - high_water) / rate)}`);
  if (last_fault !== null) parts.push(`tries again after a fault: ${faultText(last_fault)}`);
  else if (held_by !== undefined) parts.push(`held back by ${held_by}`);
  return parts.join(', ');
}

/** Names a fault by its code and side. Its message stands with it in `last_fault`. */
function faultText({ code, side }: NonNullable<TransferProgress['last_fault']>): string {
  return side === null ? code : `${code} at the ${side}`;
}
