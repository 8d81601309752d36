import { GoodputWindow } from './goodput-window.ts';
import { FAR } from './pace.ts';

/** The smallest and the largest number of lanes that an endpoint may get. */
export interface LaneRange {
  readonly min: number;
  readonly max: number;
}

/** Twice as many lanes are better only if goodput has grown by this share. */
const MIN_GROWTH = 0.1;
/** Fewer lanes are better if they keep at least this share of the goodput. */
const MIN_KEPT = 0.99;
/** A search multiplies the lanes by the large step as long as goodput grows, and then by the small one. */
const LARGE_STEP = 4;
const SMALL_STEP = 2;
/** How long a search measures each number of lanes; milliseconds. */
const SEARCH_TIME = 250;
/** How long a probe measures; milliseconds. */
const PROBE_TIME = 1500;
/**
 * How long a probe waits before it measures, because new connections have to reach full speed; milliseconds.
 */
const SETTLE_TIME = 1000;
/** A probe changes the number of lanes by this share. */
const PROBE_STEP = 0.25;
/**
 * How long a good number of lanes is kept before the next probe; milliseconds. Each fruitless probe doubles
 * it.
 */
const MIN_REST = 2000;
const MAX_REST = 32_000;
/** An overload reduces the lanes by this share, at most once in `REDUCTION_TIME` milliseconds. */
const REDUCTION = 0.3;
const REDUCTION_TIME = 500;
/**
 * When the server refuses a request, it gets fewer lanes than it has then, for this long; milliseconds. Each
 * further refusal doubles this time.
 */
const MIN_CEILING_TIME = 20_000;
const MAX_CEILING_TIME = 640_000;
/** A number of lanes is judged only if at least this share of them was in use, on average. */
const MIN_USE = 0.75;

type Phase = 'search' | 'rest' | 'probe';

/**
 * Finds the best number of lanes for an endpoint, as TCP finds its window. A search multiplies the number as
 * long as goodput grows with it. Then the number rests, and from time to time a probe tries a few more or
 * fewer lanes. Goodput is measured as the bytes that an average lane moves, times the lanes in use, so that
 * lanes that report each chunk and lanes that report a whole block at its end are measured alike.
 */
export class LaneLimit {
  #range: LaneRange;
  readonly #now: () => number;
  #lanes: number;
  #phase: Phase = 'search';
  #step = SMALL_STEP;
  /**
   * During the first step of a search, the lanes whose first request was answered. `undefined` when this is
   * no longer of use: after that step, when a lane has reported bytes, or when the server has proved to be
   * nearby.
   */
  #answered: Set<number> | undefined = new Set();
  /** The last good number of lanes, and the goodput with it; bytes a millisecond. */
  #good: { readonly lanes: number; readonly goodput: number };
  #window: GoodputWindow;
  #rest = MIN_REST;
  #probeAt = 0;
  #probesDown = false;
  #reducedAt = Number.NEGATIVE_INFINITY;
  #ceiling: { readonly lanes: number; readonly until: number; readonly time: number } | undefined;
  #pausedUntil = 0;

  /** @param now a clock that never goes back; milliseconds */
  constructor(range: LaneRange, now = () => performance.now()) {
    this.#range = range;
    this.#now = now;
    this.#lanes = range.min;
    this.#good = { lanes: range.min, goodput: 0 };
    this.#window = new GoodputWindow(now());
  }

  /** The number of lanes that may be open now. */
  get lanes(): number {
    return this.#lanes;
  }

  /** Changes the smallest and the largest number of lanes. */
  setRange(range: LaneRange): void {
    this.#range = range;
    this.#lanes = Math.min(range.max, Math.max(range.min, this.#lanes));
    this.#good = { lanes: this.#lanes, goodput: 0 };
    this.#takeRest(this.#now(), MIN_REST);
    this.#startWindow(this.#now());
  }

  /** How long to wait from now before the next request; milliseconds. */
  get pause(): number {
    return Math.max(0, this.#pausedUntil - this.#now());
  }

  /** Records the number of lanes in use. MUST be called whenever that changes. */
  setInUse(lanes: number): void {
    this.#window.setInUse(lanes, this.#now());
  }

  /**
   * Records that the first byte of a lane's request has come after `wait` milliseconds. The first step of the
   * search needs no measurement. So if the server is far away, a large first step is taken as soon as most
   * lanes have an answer. One quick answer shows that the server is nearby.
   * @param lane the number of the lane; `null` for a small request outside of lanes, of which one answer is
   * enough
   */
  answered(lane: number | null, wait: number): void {
    if (this.#answered === undefined || this.#phase !== 'search') return;
    if (wait < FAR) {
      this.#answered = undefined;
      return;
    }
    if (lane !== null && this.#answered.add(lane).size < MIN_USE * this.#lanes) return;
    this.#answered = undefined;
    this.#step = LARGE_STEP;
    this.#search(this.#now());
    this.#startWindow(this.#now());
  }

  /**
   * Records that a lane has moved bytes.
   * @param since the time of the lane's last report or, if there is none, the time when it was opened
   */
  moved(lane: number, bytes: number, since: number): void {
    const now = this.#now();
    const window = this.#window;
    if (since < window.begin) return;
    window.moved(lane, bytes, now - since);
    const time = this.#phase === 'search' ? SEARCH_TIME : PROBE_TIME;
    this.#answered = undefined;
    if (now - window.begin < time || window.reporting < MIN_USE * window.meanInUse(now)) return;
    // If many lanes were not in use, the measurement says nothing about their number. At the beginning, lanes
    // come into use one by one. So the first measurement asks only whether enough of them were in use at some
    // moment.
    const isFirst = this.#phase === 'search' && this.#good.goodput === 0;
    const used = isFirst ? window.most : window.meanInUse(now);
    if (used >= MIN_USE * this.#lanes) this.#decide(window.goodput(now), now);
    this.#startWindow(now);
  }

  /**
   * Records that the endpoint has refused a request or has failed, and reduces the lanes.
   * @param retryAfter for how long the endpoint wants no requests; milliseconds
   * @param isRefusal `true` if the endpoint has said that it has too much to do
   */
  overloaded(retryAfter: number, isRefusal: boolean): void {
    const now = this.#now();
    this.#pausedUntil = Math.max(this.#pausedUntil, now + retryAfter);
    if (now - this.#reducedAt < REDUCTION_TIME) return;
    this.#reducedAt = now;
    if (isRefusal) {
      const time = Math.min(2 * (this.#ceiling?.time ?? MIN_CEILING_TIME / 2), MAX_CEILING_TIME);
      this.#ceiling = { lanes: Math.max(this.#range.min, this.#lanes - 1), until: now + time, time };
    }
    this.#lanes = Math.max(this.#range.min, Math.floor(this.#lanes * (1 - REDUCTION)));
    this.#good = { lanes: this.#lanes, goodput: 0 };
    this.#takeRest(now, MIN_REST);
    this.#startWindow(now);
  }

  /**
   * Chooses the number of lanes for the next window by the goodput of the last one.
   * - During a rest, the number stays until the next probe is due.
   * - If a search or a probe has found a better number, keeps it. If it is lower than the last good number,
   *   the next probe goes lower still. If it is higher, a search goes on upwards.
   * - If the number is not better, goes back to the last good number. After a large step of a search, tries a
   *   small one; otherwise a rest begins.
   */
  #decide(goodput: number, now: number): void {
    const { lanes, goodput: goodBefore } = this.#good;
    if (this.#phase === 'rest') {
      this.#good = { lanes: this.#lanes, goodput };
      if (now >= this.#probeAt) this.#probe(now, this.#probesDown);
      return;
    }
    const isFewer = this.#lanes < lanes;
    const isBetter = goodput >= goodBefore * (isFewer ? MIN_KEPT : 1 + this.#minGrowth(lanes));
    if (isBetter) {
      this.#good = { lanes: this.#lanes, goodput };
      if (isFewer) this.#probe(now, true);
      else if (this.#lanes < this.#maxLanes(now)) {
        // A first measurement is of connections that are still speeding up, so only a small step follows it.
        const isFirst = goodBefore === 0 && this.#step !== LARGE_STEP;
        this.#step = this.#phase === 'search' && !isFirst ? LARGE_STEP : SMALL_STEP;
        this.#search(now);
      } else this.#takeRest(now, MIN_REST);
      return;
    }
    this.#lanes = lanes;
    if (this.#phase === 'search' && this.#step === LARGE_STEP) {
      this.#step = SMALL_STEP;
      this.#search(now);
    } else this.#takeRest(now, this.#phase === 'search' ? MIN_REST : Math.min(2 * this.#rest, MAX_REST));
  }

  /** Returns the share by which goodput has to grow: `MIN_GROWTH` for each doubling of the lanes. */
  #minGrowth(lanesBefore: number): number {
    return MIN_GROWTH * Math.log2(this.#lanes / lanesBefore);
  }

  #search(now: number): void {
    this.#phase = 'search';
    this.#lanes = Math.min(this.#maxLanes(now), this.#step * this.#lanes);
  }

  /**
   * Tries a few more or fewer lanes, in the wanted direction if possible. The first probe after the next rest
   * tries the other direction.
   */
  #probe(now: number, goesDown: boolean): void {
    const step = Math.max(1, Math.round(this.#lanes * PROBE_STEP));
    const fewer = Math.max(this.#range.min, this.#lanes - step);
    const more = Math.min(this.#maxLanes(now), this.#lanes + step);
    const next = (goesDown && fewer < this.#lanes) || more <= this.#lanes ? fewer : more;
    if (next === this.#lanes) {
      this.#takeRest(now, MAX_REST);
      return;
    }
    this.#probesDown = next > this.#lanes;
    this.#lanes = next;
    this.#phase = 'probe';
    this.#step = SMALL_STEP;
  }

  #takeRest(now: number, rest: number): void {
    this.#phase = 'rest';
    this.#rest = rest;
    this.#probeAt = now + rest;
  }

  #maxLanes(now: number): number {
    const { max } = this.#range;
    return this.#ceiling === undefined || now >= this.#ceiling.until ? max : this.#ceiling.lanes;
  }

  /** Begins to measure anew. A probe leaves out the time in which its new connections speed up. */
  #startWindow(now: number): void {
    this.#window = new GoodputWindow(now + (this.#phase === 'probe' ? SETTLE_TIME : 0), this.#window);
  }
}
