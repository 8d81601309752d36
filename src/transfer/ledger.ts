import { addRange, type ByteRange, coveredBytes, watermark } from '../image/index.ts';

/** The ranges that have arrived so far, and the time of the last progress. */
export class Ledger {
  #ranges: readonly ByteRange[];
  #movedAt: number;
  #moved = 0;
  #hashed = 0;
  readonly #waiting = new Set<() => void>();

  constructor(ranges: readonly ByteRange[], movedAt: number) {
    this.#ranges = ranges;
    this.#movedAt = movedAt;
  }

  get ranges(): readonly ByteRange[] {
    return this.#ranges;
  }

  get bytes(): number {
    return coveredBytes(this.#ranges);
  }

  /** The number of bytes that `add` was given. A range that is added twice counts twice. */
  get moved(): number {
    return this.#moved;
  }

  /** The offset below which bytes were hashed after all bytes had arrived; 0 before that. */
  get hashed(): number {
    return this.#hashed;
  }

  /**
   * When a byte was last moved, or hashed after all had arrived, or a limit last held the copy back;
   * milliseconds since the epoch.
   */
  get movedAt(): number {
    return this.#movedAt;
  }

  /** The offset below which every byte is there. */
  get watermark(): number {
    return watermark(this.#ranges);
  }

  /** Tells whether every byte of a range is there. */
  has([start, end]: ByteRange): boolean {
    return this.#ranges.some((range) => range[0] <= start && end <= range[1]);
  }

  /** Notes that a range has arrived. */
  add(range: ByteRange): void {
    const before = this.watermark;
    this.#ranges = addRange(this.#ranges, range);
    this.#moved += range[1] - range[0];
    this.#movedAt = Date.now();
    if (this.watermark > before) this.#wake();
  }

  /** Notes that all bytes have arrived, and those below an offset are hashed. */
  noteHashed(upTo: number): void {
    this.#hashed = upTo;
    this.restartClock();
  }

  /** Sets `movedAt` to now. Called while a limit holds the copy back. */
  restartClock(): void {
    this.#movedAt = Date.now();
  }

  /** Forgets all ranges; `moved` and `movedAt` stay. */
  clear(): void {
    this.#ranges = [];
  }

  /**
   * Resolves when the watermark is above `offset`, the signal is aborted, or `longest` milliseconds have
   * passed.
   */
  async whenAbove(offset: number, signal: AbortSignal, longest?: number): Promise<void> {
    const deadline = longest === undefined ? Number.POSITIVE_INFINITY : Date.now() + longest;
    while (this.watermark <= offset && !signal.aborted && Date.now() < deadline) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = longest === undefined ? undefined : setTimeout(resolve, deadline - Date.now());
      const onAbort = () => resolve();
      this.#waiting.add(resolve);
      signal.addEventListener('abort', onAbort, { once: true });
      await promise;
      clearTimeout(timer);
      this.#waiting.delete(resolve);
      signal.removeEventListener('abort', onAbort);
    }
  }

  #wake(): void {
    for (const resolve of this.#waiting) resolve();
  }
}
