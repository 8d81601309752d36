/** A time in which it is counted what lanes move. */
export class GoodputWindow {
  /** What moved before does not count; milliseconds. */
  readonly begin: number;
  #inUse: number;
  #changedAt: number;
  /** Lanes in use, times the milliseconds that they were. */
  #used = 0;
  #bytes = 0;
  #laneTime = 0;
  readonly #reporting = new Set<number>();

  /**
   * @param begin when it begins; milliseconds
   * @param before the window before it, which knows how many lanes are in use
   */
  constructor(begin: number, before?: GoodputWindow) {
    this.begin = begin;
    this.#changedAt = begin;
    this.#inUse = before === undefined ? 0 : before.#inUse;
  }

  /** Is told how many lanes are in use from now on. */
  inUse(lanes: number, now: number): void {
    if (now > this.#changedAt) {
      this.#used += this.#inUse * (now - this.#changedAt);
      this.#changedAt = now;
    }
    this.#inUse = lanes;
  }

  /** Is told that a lane has moved bytes in so many milliseconds. */
  moved(lane: number, bytes: number, time: number): void {
    this.#bytes += bytes;
    this.#laneTime += time;
    this.#reporting.add(lane);
  }

  /** How many lanes have reported. */
  get reporting(): number {
    return this.#reporting.size;
  }

  /** Returns how many lanes were in use, on average. */
  meanInUse(now: number): number {
    this.inUse(this.#inUse, now);
    return this.#used / (now - this.begin);
  }

  /** Returns what an average lane has moved, times the lanes in use; bytes a millisecond. */
  goodput(now: number): number {
    return (this.#bytes / this.#laneTime) * this.meanInUse(now);
  }
}
