import { StoreError } from '../stores/index.ts';
import { LaneLimit, type LaneRange } from './lane-limit.ts';
import type { Lane, Lanes } from './lanes.ts';
import { Pace } from './pace.ts';

/** If other copies wait, a lane that has moved nothing for this long does not count; milliseconds. */
const STUCK_AFTER = 5000;
const CHECK_INTERVAL = 1000;

/** The state of a copy that has lanes or waits for some. */
interface Share {
  /** The tenant for whom the copy is; all copies of operators are as those of one tenant. */
  readonly tenant: string;
  held: number;
  readonly waiting: Set<() => void>;
}

interface HeldLane {
  readonly share: Share;
  /** The lowest number that no other lane had when this one was opened. */
  readonly number: number;
  /** When the lane last moved bytes, or when it was opened; milliseconds. */
  since: number;
  /**
   * The request whose bytes are on their way: how long its first one took, and when it came; milliseconds.
   */
  request: { readonly wait: number; readonly begun: number; bytes: number } | undefined;
  hasMoved: boolean;
  /** `true` while the lane is expected to move nothing. */
  isExcused: boolean;
  isStuck: boolean;
}

/**
 * A server that copies read from or write to, with the lanes that they share evenly. A free lane goes to the
 * tenant whose copies have the fewest together, and among them to the copy that has the fewest. There are at
 * least as many lanes as copies.
 */
export class Endpoint {
  readonly #limit: LaneLimit;
  readonly #pace = new Pace();
  readonly #shares = new Set<Share>();
  readonly #held = new Map<number, HeldLane>();
  #counted = 0;
  #pause: NodeJS.Timeout | undefined;
  #check: NodeJS.Timeout | undefined;

  constructor(range: LaneRange) {
    this.#limit = new LaneLimit(range);
  }

  /** The number of lanes that may be open now. */
  get lanes(): number {
    return Math.max(this.#limit.lanes, this.#shares.size);
  }

  /** The number of lanes that are open now. */
  get open(): number {
    return this.#held.size;
  }

  /** Changes the range in which the number of lanes is looked for. */
  become(range: LaneRange): void {
    this.#limit.become(range);
    this.#handOut();
  }

  /**
   * Returns a copy's access to the lanes. The copy counts as a sharer while it has lanes or waits for some.
   */
  join(tenant = ''): Lanes {
    const share: Share = { tenant, held: 0, waiting: new Set() };
    const count = () => {
      const sharers = [...this.#shares].map((other) => other.tenant);
      const ofTenant = sharers.filter((other) => other === tenant).length;
      return Math.ceil(this.lanes / Math.max(1, new Set(sharers).size) / Math.max(1, ofTenant));
    };
    const pace = this.#pace;
    return {
      get count() {
        return count();
      },
      get lost() {
        return pace.lost;
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
      // This timer does not keep a process alive that is about to end.
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

  /** Returns a waiting copy of the tenant with the fewest lanes: the one that has the fewest of them. */
  #neediest(): Share | undefined {
    const ofTenants = new Map<string, number>();
    for (const { tenant, held } of this.#shares) ofTenants.set(tenant, (ofTenants.get(tenant) ?? 0) + held);
    const ofTenant = ({ tenant }: Share) => ofTenants.get(tenant) ?? 0;
    let found: Share | undefined;
    for (const share of this.#shares) {
      if (share.waiting.size === 0) continue;
      if (found === undefined || ofTenant(share) < ofTenant(found)) found = share;
      else if (share.tenant === found.tenant && share.held < found.held) found = share;
    }
    return found;
  }

  #open(share: Share, isExcused: boolean): HeldLane {
    let number = 0;
    while (this.#held.has(number)) number += 1;
    const since = performance.now();
    const idle = { request: undefined, hasMoved: false, isStuck: false };
    const lane: HeldLane = { share, number, since, isExcused, ...idle };
    this.#held.set(number, lane);
    // The copy that has just got a lane comes last among those with equally many.
    this.#shares.delete(share);
    this.#shares.add(share);
    this.#count(lane, 1);
    return lane;
  }

  #face(lane: HeldLane): Lane {
    return {
      began: () => {
        const begun = performance.now();
        const wait = begun - lane.since;
        lane.request = { wait, begun, bytes: 0 };
        this.#limit.answered(lane.number, wait);
        if (this.#counted < this.lanes) this.#handOut();
      },
      moved: (bytes) => {
        if (lane.isStuck) this.#unstick(lane);
        this.#limit.moved(lane.number, bytes, lane.since);
        lane.since = performance.now();
        lane.hasMoved = true;
        if (lane.request) lane.request.bytes += bytes;
        if (this.#counted < this.lanes) this.#handOut();
      },
      failed: (fault) => {
        const { overload } = fault;
        if (overload !== null) this.#limit.overloaded(overload.retryAfter ?? 0, true);
        // A connection that breaks after it has moved bytes is a bad line, not an overload.
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
        const { request, since } = lane;
        if (request) this.#pace.ended(request.wait, request.bytes, since - request.begun);
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

/** Takes a lane and makes one request in it, which reports only at its end that it has moved `bytes`. */
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
