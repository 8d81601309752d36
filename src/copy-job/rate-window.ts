/** Milliseconds over which the rate is measured. */
const WINDOW = 5000;

interface Sample {
  readonly at: number;
  readonly bytes: number;
}

/** Measures how fast a number of bytes grows, over the last five seconds. */
export class RateWindow {
  readonly #samples: Sample[] = [];

  /**
   * Notes how many bytes there are at a time.
   * @param at milliseconds since the epoch, not before the last call's
   */
  add(bytes: number, at: number): void {
    const samples = this.#samples;
    samples.push({ at, bytes });
    while (samples.length > 2 && at - (samples[0]?.at ?? 0) > WINDOW) samples.shift();
  }

  /** The rate; bytes a second. It is 0 until two times were noted, and never less. */
  get current(): number {
    const [first, last] = [this.#samples[0], this.#samples.at(-1)];
    if (first === undefined || last === undefined || last.at === first.at) return 0;
    return Math.max(0, ((last.bytes - first.bytes) / (last.at - first.at)) * 1000);
  }

  /** Forgets all that was noted, because the bytes to come are counted anew. */
  clear(): void {
    this.#samples.length = 0;
  }
}
