import { setTimeout as sleep } from 'node:timers/promises';

/** Time that was not used may be made up for; milliseconds. */
const BURST = 200;

/** A limit of bytes a second, which all who take from it share in the order in which they come. */
export class Bandwidth {
  readonly #rate: number;
  readonly #now: () => number;
  /** When all that was taken will have passed; milliseconds. */
  #passedAt: number;

  /** @param now a clock that never goes back; milliseconds */
  constructor(bytesPerSecond: number, now = () => performance.now()) {
    this.#rate = bytesPerSecond / 1000;
    this.#now = now;
    this.#passedAt = now();
  }

  /** Takes bytes, and returns how long whoever sends them has to wait first; milliseconds. */
  take(bytes: number): number {
    const now = this.#now();
    const begin = Math.max(this.#passedAt, now - BURST);
    this.#passedAt = begin + bytes / this.#rate;
    return Math.max(0, begin - now);
  }
}

/** Returns how long bytes that pass several limits have to wait; milliseconds. */
export function delayOf(limits: readonly Bandwidth[], bytes: number): number {
  return limits.reduce((longest, limit) => Math.max(longest, limit.take(bytes)), 0);
}

/** Waits, but no longer than the signal allows: then it throws the signal's reason. */
export async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  if (milliseconds > 0) await sleep(milliseconds, undefined, { signal }).catch(() => signal.throwIfAborted());
}
