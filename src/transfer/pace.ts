/**
 * A server is far away if each of its answers takes longer than this; milliseconds. A busy server nearby
 * answers only some requests so late.
 */
export const FAR = 40;
/** The weight of the last request in the averages. */
const WEIGHT = 1 / 16;

/** How long the latest requests to a server have waited for an answer, and how fast they were, on average. */
export class Pace {
  #wait = 0;
  /** The shortest wait in recent requests; it falls at once, and rises slowly. */
  #shortest = 0;
  /** Bytes a millisecond; 0 until a request has ended. */
  #rate = 0;
  #isFar = false;

  /** `true` if the last call of `heard` has shown that the server is far away. */
  get isFar(): boolean {
    return this.#isFar;
  }

  /** Records how long the server took to answer a small request outside of lanes. */
  heard(wait: number): void {
    this.#isFar = wait >= FAR;
  }

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

  /** `Lanes.waitCost`: the bandwidth-delay product of a lane. */
  get waitCost(): number {
    return this.#shortest < FAR ? 0 : this.#wait * this.#rate;
  }
}
