import type { Lane, Lanes, Reporting } from './lane.ts';
import { LaneLimit } from './lane-limit.ts';
import type { LaneRange } from './lane-phases.ts';
import { Pace } from './pace.ts';

/** If other copies wait, a lane that has moved nothing for this long is not counted; milliseconds. */
const STUCK_AFTER = 5000;
const CHECK_INTERVAL = 1000;

/** A copy that has lanes or waits for some. */
interface Sharer {
  /** The tenant who gets the copy. All operators count as one tenant. */
  readonly tenant: string;
  held: number;
  /** One function for each request that waits for a lane. It gives the lane to the request. */
  readonly waiting: Set<() => void>;
}

interface HeldLane {
  readonly sharer: Sharer;
  /** The lowest number that no other open lane had when this one was opened. */
  readonly number: number;
  /** When the lane last moved bytes, or when it was opened; milliseconds. */
  since: number;
  /** The request of the lane; `undefined` until its first byte has come. */
  request: AnsweredRequest | undefined;
  hasMoved: boolean;
  /** `true` while the lane is expected to move nothing. */
  isExcused: boolean;
  isStuck: boolean;
}

/** A request whose first byte has come. Times are in milliseconds. */
interface AnsweredRequest {
  /** How long the first byte took. */
  readonly wait: number;
  /** When the first byte came. */
  readonly begun: number;
  /** The number of bytes that have come so far. */
  bytes: number;
}

/**
 * A server that copies read from or write to, with the lanes that they share. A free lane goes to the tenant
 * with the fewest lanes. Of that tenant's copies, the copy with the fewest lanes gets it. There are at least
 * as many lanes as copies.
 */
export class Endpoint {
  readonly #limit: LaneLimit;
  readonly #pace = new Pace();
  readonly #sharers = new Set<Sharer>();
  readonly #held = new Map<number, HeldLane>();
  /** The number of open lanes that are not stuck. */
  #counted = 0;
  #pauseTimer: NodeJS.Timeout | undefined;
  #checkTimer: NodeJS.Timeout | undefined;

  constructor(range: LaneRange) {
    this.#limit = new LaneLimit(range);
  }

  /** The number of lanes that may be open now. */
  get lanes(): number {
    return Math.max(this.#limit.lanes, this.#sharers.size);
  }

  /** The number of lanes that are open now. */
  get open(): number {
    return this.#held.size;
  }

  /** Changes the smallest and the largest number of lanes that may be open. */
  setRange(range: LaneRange): void {
    this.#limit.setRange(range);
    this.#handOut();
  }

  /**
   * Returns a copy's access to the lanes. The copy counts as a sharer while it has lanes or waits for some.
   */
  join(tenant = ''): Lanes {
    const sharer: Sharer = { tenant, held: 0, waiting: new Set() };
    const count = () => this.#fairShare(tenant);
    const pace = this.#pace;
    return {
      get count() {
        return count();
      },
      get waitCost() {
        return pace.waitCost;
      },
      get isFar() {
        return pace.isFar;
      },
      heard: (wait) => {
        pace.heard(wait);
        this.#limit.heard(wait);
      },
      take: (signal, reporting) => this.#take(sharer, signal, reporting),
    };
  }

  /** Returns how many lanes a tenant's copy may have. Tenants share evenly, and so do a tenant's copies. */
  #fairShare(tenant: string): number {
    const tenants = [...this.#sharers].map((sharer) => sharer.tenant);
    const copies = tenants.filter((other) => other === tenant).length;
    return Math.ceil(this.lanes / Math.max(1, new Set(tenants).size) / Math.max(1, copies));
  }

  #take(sharer: Sharer, signal: AbortSignal, reporting?: Reporting): Promise<Lane> {
    signal.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<Lane>();
    const abort = () => {
      sharer.waiting.delete(grant);
      this.#forgetIfIdle(sharer);
      reject(signal.reason);
    };
    const grant = () => {
      signal.removeEventListener('abort', abort);
      sharer.waiting.delete(grant);
      resolve(this.#laneFor(this.#open(sharer, reporting)));
    };
    signal.addEventListener('abort', abort, { once: true });
    sharer.waiting.add(grant);
    this.#sharers.add(sharer);
    this.#handOut();
    return promise;
  }

  #handOut(): void {
    const { pause } = this.#limit;
    if (pause > 0) {
      // The timer must not keep alive a process that is about to end.
      this.#pauseTimer ??= setTimeout(() => {
        this.#pauseTimer = undefined;
        this.#handOut();
      }, pause).unref();
      return;
    }
    let next = this.#neediest();
    while (next !== undefined && this.#counted < this.lanes) {
      const [grant] = next.waiting;
      grant?.();
      next = this.#neediest();
    }
    if (next !== undefined)
      this.#checkTimer ??= setTimeout(() => this.#excludeStuck(), CHECK_INTERVAL).unref();
  }

  /** Returns the copy that gets the next lane. */
  #neediest(): Sharer | undefined {
    const ofTenants = new Map<string, number>();
    for (const { tenant, held } of this.#sharers) ofTenants.set(tenant, (ofTenants.get(tenant) ?? 0) + held);
    const ofTenant = ({ tenant }: Sharer) => ofTenants.get(tenant) ?? 0;
    let found: Sharer | undefined;
    for (const sharer of this.#sharers) {
      if (sharer.waiting.size === 0) continue;
      if (found === undefined || ofTenant(sharer) < ofTenant(found)) found = sharer;
      else if (sharer.tenant === found.tenant && sharer.held < found.held) found = sharer;
    }
    return found;
  }

  #open(sharer: Sharer, reporting: Reporting = 'by chunk'): HeldLane {
    let number = 0;
    while (this.#held.has(number)) number += 1;
    const since = performance.now();
    const isExcused = reporting === 'at end';
    const idle = { request: undefined, hasMoved: false, isStuck: false };
    const lane: HeldLane = { sharer, number, since, isExcused, ...idle };
    this.#held.set(number, lane);
    // Among copies with equally many lanes, the copy that has just got a lane comes last.
    this.#sharers.delete(sharer);
    this.#sharers.add(sharer);
    this.#count(lane, 1);
    return lane;
  }

  #laneFor(lane: HeldLane): Lane {
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
        // If a connection breaks after it has moved bytes, the network is at fault, and not the server.
        const isOfServer = fault.code === 'unavailable' && !lane.hasMoved;
        if (overload !== null) this.#limit.refused(overload.retryAfter ?? 0);
        else if (isOfServer) this.#limit.failed();
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
        this.#forgetIfIdle(lane.sharer);
        this.#handOut();
      },
    };
  }

  #count(lane: HeldLane, change: 1 | -1): void {
    lane.sharer.held += change;
    this.#counted += change;
    this.#limit.setInUse(this.#counted);
  }

  #unstick(lane: HeldLane): void {
    lane.isStuck = false;
    this.#count(lane, 1);
  }

  #excludeStuck(): void {
    this.#checkTimer = undefined;
    for (const lane of this.#held.values()) {
      const isWanted = [...this.#sharers].some((sharer) => sharer !== lane.sharer && sharer.waiting.size > 0);
      if (!isWanted || lane.isExcused || lane.isStuck) continue;
      if (performance.now() - lane.since < STUCK_AFTER) continue;
      lane.isStuck = true;
      this.#count(lane, -1);
    }
    this.#handOut();
  }

  #forgetIfIdle(sharer: Sharer): void {
    const hasLanes = [...this.#held.values()].some((lane) => lane.sharer === sharer);
    if (sharer.waiting.size === 0 && !hasLanes) this.#sharers.delete(sharer);
  }
}
