/**
 * A server is far away if even its fastest answer begins only after this time; milliseconds. A server nearby
 * that is busy also answers some requests late, but never all of them.
 */
export const FAR = 40;
/** The weight of the last request in the averages. */
const WEIGHT = 1 / 16;

/** The wait for an answer and the speed of requests to a server, as averages of the latest requests. */
export class Pace {
  #wait = 0;
  /** The shortest wait in recent requests; it falls at once, and rises slowly. */
  #shortest = 0;
  #rate = 0;

  /**
   * Records a request that has ended. Times are in milliseconds.
   * @param wait the time until its first byte
   * @param bytes the bytes that it has moved in the `time` after that
   */
  ended(wait: number, bytes: number, time: number): void {
    const isFirst = this.#rate === 0;
    const weight = isFirst ? 1 : WEIGHT;
    this.#wait += weight * (wait - this.#wait);
    this.#shortest = Math.min(wait, this.#shortest + weight * (wait - this.#shortest));
    this.#rate += weight * (bytes / Math.max(1, time) - this.#rate);
  }

  /**
   * The bytes that a lane could have moved in the time that a request waits for its first byte (the lane's
   * bandwidth-delay product); 0 if the server is not far away.
   */
  get waitCost(): number {
    return this.#shortest < FAR ? 0 : this.#wait * this.#rate;
  }
}
