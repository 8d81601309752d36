/** A period in which the bytes that lanes move are counted. Times are in milliseconds. */
export class GoodputWindow {
  /** When the period begins. Bytes that a lane had begun to move earlier MUST NOT be reported. */
  readonly begin: number;
  #inUse: number;
  #changedAt: number;
  /** The sum of the times for which the lanes were in use. */
  #used = 0;
  #mostInUse: number;
  #bytes = 0;
  /** The sum of the times that lanes have taken to move `#bytes`. */
  #laneTime = 0;
  readonly #reporting = new Set<number>();

  /**
   * @param begin when the period begins, now or later
   * @param before the window before this one, from which the number of lanes in use is taken
   */
  constructor(begin: number, before?: GoodputWindow) {
    this.begin = begin;
    this.#changedAt = begin;
    this.#inUse = before === undefined ? 0 : before.#inUse;
    this.#mostInUse = this.#inUse;
  }

  /** Records how many lanes are in use from now on. */
  setInUse(lanes: number, now: number): void {
    if (now > this.#changedAt) {
      this.#used += this.#inUse * (now - this.#changedAt);
      this.#changedAt = now;
    }
    this.#inUse = lanes;
    this.#mostInUse = Math.max(this.#mostInUse, lanes);
  }

  /** Records that a lane has moved bytes, and has taken `time` for them. */
  moved(lane: number, bytes: number, time: number): void {
    this.#bytes += bytes;
    this.#laneTime += time;
    this.#reporting.add(lane);
  }

  /** The number of different lanes that have moved bytes in this period. */
  get reporting(): number {
    return this.#reporting.size;
  }

  /** The largest number of lanes that were in use at a time. */
  get mostInUse(): number {
    return this.#mostInUse;
  }

  /** Returns the average number of lanes in use. */
  meanInUse(now: number): number {
    this.setInUse(this.#inUse, now);
    return this.#used / (now - this.begin);
  }

  /** Returns bytes a millisecond: the rate of an average lane, times the average number of lanes in use. */
  goodput(now: number): number {
    return (this.#bytes / this.#laneTime) * this.meanInUse(now);
  }
}
