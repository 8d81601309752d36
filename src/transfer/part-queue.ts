import { type ByteRange, gaps } from '../image/index.ts';
import { MIB } from '../memory/index.ts';
import type { PartReader } from '../stores/index.ts';

/** A part is slow if it is expected to take this many times longer than others. */
const SLOW_FACTOR = 4;
/** A part must be at least this old before its speed is judged; milliseconds. */
const MIN_AGE = 2000;

/** A range that a lane moves. */
export interface Part {
  readonly start: number;
  /** The offset up to which the part has been moved. */
  at: number;
  /** The end of the part. It moves down if another lane takes over its last bytes. */
  end: number;
  /** When the part was begun; milliseconds. */
  readonly begun: number;
  /** `true` if the lane has to stop, because another lane will go on from `at`. */
  isCut: boolean;
  /** Ends the request that is under way. */
  hangUp: () => void;
}

export interface PartQueueOptions {
  /** Bytes of the image. */
  readonly size: number;
  /** The ranges that need not be moved. */
  readonly done: readonly ByteRange[];
  /** No part crosses a multiple of this number of bytes. */
  readonly boundary?: number;
  /** `true` if a lane may take over bytes that another lane has still to move. */
  readonly canShare: boolean;
}

/** Tells whether lanes may share a part: if the requests go to a server and do not depend on each other. */
export function canShare({ endpoint, inOrder }: PartReader): boolean {
  return endpoint !== undefined && !inOrder;
}

/** The parts of an image that are still to be moved, and those that are under way. */
export class PartQueue {
  readonly #gaps: [number, number][];
  readonly #boundary: number;
  readonly #canShare: boolean;
  readonly #underWay = new Set<Part>();
  /** The bytes that all lanes have moved, and the sum of the milliseconds that they took. */
  readonly #moved = { bytes: 0, time: 0 };
  readonly #now: () => number;

  /** @param now a clock that never goes back; milliseconds */
  constructor(options: PartQueueOptions, now = () => performance.now()) {
    this.#gaps = gaps(options.done, options.size).map(([start, end]) => [start, end]);
    this.#boundary = options.boundary ?? Number.POSITIVE_INFINITY;
    this.#canShare = options.canShare;
    this.#now = now;
  }

  get canShare(): boolean {
    return this.#canShare;
  }

  /** The offset of the next part; `undefined` if none is left. */
  get next(): number | undefined {
    return this.#gaps[0]?.[0];
  }

  /** The number of bytes that no lane has taken yet. */
  get left(): number {
    return this.#gaps.reduce((sum, [start, end]) => sum + end - start, 0);
  }

  /** The number of bytes that are not moved yet. */
  get unfinished(): number {
    return [...this.#underWay].reduce((sum, { at, end }) => sum + end - at, this.left);
  }

  /** Returns the end of the part that `take(size)` would return; `undefined` if no part is left. */
  endOfNext(size: number): number | undefined {
    const gap = this.#gaps[0];
    if (gap === undefined) return undefined;
    const [start, end] = gap;
    return Math.min(end, wholeBelow(start + size, start), multipleAbove(start, this.#boundary));
  }

  /**
   * Returns the next part, of about `size` bytes at most. If none is left, takes over the last bytes of
   * another lane's part. Returns `undefined` if there is nothing to do at the moment.
   * @param waitCost see `Lanes.waitCost`
   */
  take(size: number, waitCost = 0): Part | undefined {
    const gap = this.#gaps[0];
    const end = this.endOfNext(size);
    if (gap === undefined || end === undefined) return this.#canShare ? this.#split(waitCost) : undefined;
    const part = this.#begin(gap[0], end);
    if (end === gap[1]) this.#gaps.shift();
    else gap[0] = end;
    return part;
  }

  /** Records that a lane has left a part. The bytes that were not moved go back to the queue. */
  leave(part: Part): void {
    this.#underWay.delete(part);
    part.hangUp = () => {};
    this.#moved.bytes += part.at - part.start;
    this.#moved.time += this.#now() - part.begun;
    if (part.at >= part.end) return;
    this.#gaps.push([part.at, part.end]);
    this.#gaps.sort(([a], [b]) => a - b);
  }

  /**
   * Stops the lane of a part that is much slower than the others. A new connection will go on with the part.
   * Of several such parts, chooses the one that will end last.
   */
  cutSlow(): void {
    if (!this.#canShare) return;
    const part = this.#lastToFinish((one) => this.#now() - one.begun > MIN_AGE && this.#isSlow(one));
    if (part === undefined) return;
    part.isCut = true;
    part.hangUp();
  }

  #begin(start: number, end: number): Part {
    const part = { start, at: start, end, begun: this.#now(), isCut: false, hangUp() {} };
    this.#underWay.add(part);
    return part;
  }

  /**
   * Takes over the last bytes of the part that will end last. The split is such that both lanes are expected
   * to finish at the same time.
   */
  #split(waitCost: number): Part | undefined {
    const part = this.#lastToFinish(({ at, end }) => multipleAbove(at + waitCost, MIB) < end);
    if (part === undefined) return undefined;
    const { at, end } = part;
    // While the new lane waits for its first byte, the old lane moves about `waitCost` bytes.
    const from = at + waitCost;
    const middle = multipleAbove(from + (end - from) * this.#ownShare(part), MIB);
    // The split is at a multiple of 1 MiB, above `at` and below `end`.
    part.end = Math.max(multipleAbove(at, MIB), Math.min(middle, wholeBelow(end - 1, 0)));
    return this.#begin(part.end, end);
  }

  /** Returns the share of a part's missing bytes that its own lane keeps if the new lane has mean speed. */
  #ownShare(part: Part): number {
    const own = this.#speed(part);
    const mean = this.#meanSpeed();
    const isKnown = own + mean > 0;
    return isKnown ? own / (own + mean) : 0.5;
  }

  /** Returns the eligible part under way that will take longest to finish. */
  #lastToFinish(isEligible: (part: Part) => boolean): Part | undefined {
    let last: Part | undefined;
    for (const part of this.#underWay)
      if (!part.isCut && isEligible(part) && (!last || this.#timeLeft(part) > this.#timeLeft(last)))
        last = part;
    return last;
  }

  #timeLeft(part: Part): number {
    return (part.end - part.at) / this.#speed(part);
  }

  #isSlow(part: Part): boolean {
    const expected = (part.end - part.start) / this.#meanSpeed();
    return this.#timeLeft(part) > Math.max(SLOW_FACTOR * expected, MIN_AGE);
  }

  #speed({ at, start, begun }: Part): number {
    return (at - start) / Math.max(1, this.#now() - begun);
  }

  #meanSpeed(): number {
    return this.#moved.bytes / this.#moved.time;
  }
}

/** Returns the largest multiple of 1 MiB up to `offset`, but at least the first one above `least`. */
function wholeBelow(offset: number, least: number): number {
  const whole = Math.floor(offset / MIB) * MIB;
  return whole > least ? whole : multipleAbove(least, MIB);
}

/** Returns the first multiple of `unit` above `offset`. */
function multipleAbove(offset: number, unit: number): number {
  return unit === Number.POSITIVE_INFINITY ? unit : (Math.floor(offset / unit) + 1) * unit;
}
