import { setTimeout as sleep } from 'node:timers/promises';

/** Milliseconds of unused bandwidth that later bytes may still use. */
const BURST = 200;

/** A limit in bytes a second. Everybody who takes from it is served in the order of the calls. */
export class Bandwidth {
  readonly #rate: number;
  readonly #now: () => number;
  /** The time at which all bytes taken so far will have passed; milliseconds. */
  #passedAt: number;

  /** @param now a clock that never goes back; milliseconds */
  constructor(bytesPerSecond: number, now = () => performance.now()) {
    this.#rate = bytesPerSecond / 1000;
    this.#now = now;
    this.#passedAt = now();
  }

  /** Takes bytes. Returns how many milliseconds the caller has to wait before it sends them. */
  take(bytes: number): number {
    const now = this.#now();
    const begin = Math.max(this.#passedAt, now - BURST);
    this.#passedAt = begin + bytes / this.#rate;
    return Math.max(0, begin - now);
  }
}

/** Takes bytes from several limits. Returns how many milliseconds the caller has to wait. */
export function delayOf(limits: readonly Bandwidth[], bytes: number): number {
  return limits.reduce((longest, limit) => Math.max(longest, limit.take(bytes)), 0);
}

/** Waits for some milliseconds. If the signal is aborted first, throws the signal's reason. */
export async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  if (milliseconds > 0) await sleep(milliseconds, undefined, { signal }).catch(() => signal.throwIfAborted());
}
