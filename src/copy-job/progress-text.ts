import { bytesText, clockText, rateText } from '../text/index.ts';
import type { TransferProgress } from './progress.ts';

/** The state of a transfer that its progress does not contain; only the running attempt knows it. */
interface AttemptState {
  /** The size of the image; bytes. */
  readonly size: number;
  /** Bytes a second. */
  readonly rate: number;
  /** `true` while the workflow is paused. */
  readonly isPaused: boolean;
}

/**
 * Returns a line of text that says how far a transfer is and what slows it down, such as `45%, 3.6 GiB of 8.0
 * GiB, 764.7 MiB/s, ETA 0:06, held back by limits.bandwidth`. The line contains no text from tenants or
 * servers.
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

/** Returns a fault's code and side, without its message. */
function faultText({ code, side }: NonNullable<TransferProgress['last_fault']>): string {
  return side === null ? code : `${code} at the ${side}`;
}
