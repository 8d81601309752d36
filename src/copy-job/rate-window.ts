/** Milliseconds over which the rate is measured. */
const WINDOW = 5000;

interface Sample {
  readonly at: number;
  readonly bytes: number;
}

/** Measures how fast a number of bytes has grown in the last five seconds. */
export class RateWindow {
  readonly #samples: Sample[] = [];

  /**
   * Adds the number of bytes at a point in time.
   * @param at milliseconds since the epoch; MUST NOT be lower than in the last call
   */
  add(bytes: number, at: number): void {
    const samples = this.#samples;
    samples.push({ at, bytes });
    while (samples.length > 2 && at - (samples[0]?.at ?? 0) > WINDOW) samples.shift();
  }

  /** The rate; bytes a second. It is never negative, and 0 before the second call of `add`. */
  get current(): number {
    const first = this.#samples[0];
    const last = this.#samples.at(-1);
    if (first === undefined || last === undefined || last.at === first.at) return 0;
    return Math.max(0, ((last.bytes - first.bytes) / (last.at - first.at)) * 1000);
  }

  /** Forgets all measurements. MUST be called before the bytes are counted from the beginning again. */
  clear(): void {
    this.#samples.length = 0;
  }
}
