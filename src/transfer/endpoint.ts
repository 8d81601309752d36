import { StoreError } from '../stores/index.ts';
import { LaneLimit, type LaneRange } from './lane-limit.ts';

/** The right to make one request to an endpoint, and what the request tells of itself. */
export interface Lane {
  /** Is told that the request has moved bytes. */
  moved(bytes: number): void;
  /** Is told that the request has failed. */
  failed(fault: StoreError): void;
  /** Waits for something that the endpoint has no part in: this time tells nothing of it. */
  aside<T>(wait: Promise<T>): Promise<T>;
  /** Gives the lane back. */
  release(): void;
}

/** A copy's part in the lanes of an endpoint. */
export interface Lanes {
  /** How many lanes are its share now. */
  readonly count: number;
  /**
   * Resolves when a lane is free for this copy. Rejects with the signal's reason.
   * @param tellsAtEnd whether the request tells only at its end that it has moved anything
   */
  take(signal: AbortSignal, tellsAtEnd?: boolean): Promise<Lane>;
}

/** While other copies wait, a lane that has moved nothing for so long does not count; milliseconds. */
const STUCK_AFTER = 5000;
const CHECK_INTERVAL = 1000;

/** A copy that has lanes, or waits for some. */
interface Share {
  held: number;
  readonly waiting: Set<() => void>;
}

interface HeldLane {
  readonly share: Share;
  /** The lowest number that no other lane has. */
  readonly number: number;
  /** When it has last moved bytes; milliseconds. */
  since: number;
  hasMoved: boolean;
  /** Whether it is in order that it moves nothing. */
  isExcused: boolean;
  isStuck: boolean;
}

/**
 * A server that copies read from or write to, and the lanes that they share evenly. A lane that is free goes
 * to the copy that has the fewest; where there are more copies than lanes, each copy gets one.
 */
export class Endpoint {
  readonly #limit: LaneLimit;
  readonly #shares = new Set<Share>();
  readonly #held = new Map<number, HeldLane>();
  #counted = 0;
  #pause: NodeJS.Timeout | undefined;
  #check: NodeJS.Timeout | undefined;

  constructor(range: LaneRange) {
    this.#limit = new LaneLimit(range);
  }

  /** How many lanes there may be now. */
  get lanes(): number {
    return Math.max(this.#limit.lanes, this.#shares.size);
  }

  /** Lets a copy take part, as long as it has lanes or waits for some. */
  join(): Lanes {
    const share: Share = { held: 0, waiting: new Set() };
    const count = () => Math.ceil(this.lanes / Math.max(1, this.#shares.size));
    return {
      get count() {
        return count();
      },
      take: (signal, tellsAtEnd = false) => this.#take(share, signal, tellsAtEnd),
    };
  }

  #take(share: Share, signal: AbortSignal, isExcused: boolean): Promise<Lane> {
    signal.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<Lane>();
    const abort = () => {
      share.waiting.delete(granted);
      this.#forget(share);
      reject(signal.reason);
    };
    const granted = () => {
      signal.removeEventListener('abort', abort);
      share.waiting.delete(granted);
      resolve(this.#face(this.#open(share, isExcused)));
    };
    signal.addEventListener('abort', abort, { once: true });
    share.waiting.add(granted);
    this.#shares.add(share);
    this.#handOut();
    return promise;
  }

  #handOut(): void {
    const { pause } = this.#limit;
    if (pause > 0) {
      // A process that is to end need not wait for it.
      this.#pause ??= setTimeout(() => {
        this.#pause = undefined;
        this.#handOut();
      }, pause).unref();
      return;
    }
    let share = this.#neediest();
    for (; share !== undefined && this.#counted < this.lanes; share = this.#neediest()) {
      const [granted] = share.waiting;
      granted?.();
    }
    if (share !== undefined) this.#check ??= setTimeout(() => this.#countStuck(), CHECK_INTERVAL).unref();
  }

  /** Of the copies that wait, the one that has the fewest lanes. */
  #neediest(): Share | undefined {
    let found: Share | undefined;
    for (const share of this.#shares)
      if (share.waiting.size > 0 && (found === undefined || share.held < found.held)) found = share;
    return found;
  }

  #open(share: Share, isExcused: boolean): HeldLane {
    let number = 0;
    while (this.#held.has(number)) number += 1;
    const since = performance.now();
    const lane: HeldLane = { share, number, since, hasMoved: false, isExcused, isStuck: false };
    this.#held.set(number, lane);
    // Who has just got one comes last among its equals.
    this.#shares.delete(share);
    this.#shares.add(share);
    this.#count(lane, 1);
    return lane;
  }

  #face(lane: HeldLane): Lane {
    return {
      moved: (bytes) => {
        if (lane.isStuck) this.#unstick(lane);
        this.#limit.moved(lane.number, bytes, lane.since);
        lane.since = performance.now();
        lane.hasMoved = true;
        if (this.#counted < this.lanes) this.#handOut();
      },
      failed: (fault) => {
        const { overload } = fault;
        if (overload !== null) this.#limit.overloaded(overload.retryAfter ?? 0, true);
        // A connection that breaks when it has brought something is a bad line, and no overload.
        else if (fault.code === 'unavailable' && !lane.hasMoved) this.#limit.overloaded(0, false);
      },
      aside: async (wait) => {
        lane.isExcused = true;
        try {
          return await wait;
        } finally {
          lane.isExcused = false;
          lane.since = performance.now();
        }
      },
      release: () => {
        if (!this.#held.delete(lane.number)) return;
        if (!lane.isStuck) this.#count(lane, -1);
        this.#forget(lane.share);
        this.#handOut();
      },
    };
  }

  #count(lane: HeldLane, change: 1 | -1): void {
    lane.share.held += change;
    this.#counted += change;
    this.#limit.inUse(this.#counted);
  }

  #unstick(lane: HeldLane): void {
    lane.isStuck = false;
    this.#count(lane, 1);
  }

  #countStuck(): void {
    this.#check = undefined;
    for (const lane of this.#held.values()) {
      const isWanted = [...this.#shares].some((share) => share !== lane.share && share.waiting.size > 0);
      if (!isWanted || lane.isExcused || lane.isStuck) continue;
      if (performance.now() - lane.since < STUCK_AFTER) continue;
      lane.isStuck = true;
      this.#count(lane, -1);
    }
    this.#handOut();
  }

  #forget(share: Share): void {
    const isUsed = share.waiting.size > 0 || [...this.#held.values()].some((lane) => lane.share === share);
    if (!isUsed) this.#shares.delete(share);
  }
}

/** Makes one request that tells only at its end that it has moved `bytes`. */
export async function inLane<T>(
  lanes: Lanes,
  signal: AbortSignal,
  bytes: number,
  request: () => Promise<T>,
): Promise<T> {
  const lane = await lanes.take(signal, true);
  try {
    const result = await request();
    lane.moved(bytes);
    return result;
  } catch (error) {
    if (error instanceof StoreError) lane.failed(error);
    throw error;
  } finally {
    lane.release();
  }
}
