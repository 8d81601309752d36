import { GoodputWindow } from './goodput-window.ts';
import {
  type LaneRange,
  type Moment,
  nextPhase,
  type Phase,
  rest,
  searchFarAway,
  searchNearby,
  start,
} from './lane-phases.ts';
import { FAR } from './pace.ts';

/** How long each number of lanes is measured during a search, and afterwards; milliseconds. */
const SEARCH_TIME = 250;
const MEASURE_TIME = 1500;
/** A probe is measured only after this time, because new connections first speed up; milliseconds. */
const SETTLE_TIME = 1000;
/** A number of lanes is judged only if at least this share of them was in use. */
const MIN_USE = 0.75;
/** An overload reduces the lanes by this share, at most once in `REDUCTION_TIME` milliseconds. */
const REDUCTION = 0.3;
const REDUCTION_TIME = 500;
/** How long the lanes stay below the number at which the server has refused a request; milliseconds. */
const MIN_CEILING_TIME = 20_000;
const MAX_CEILING_TIME = 640_000;

/**
 * Finds the best number of lanes for an endpoint, as TCP finds its window. A search multiplies the number as
 * long as goodput grows with it. Then the number rests, and from time to time a probe tries a few more or
 * fewer lanes. (`lane-phases.ts` has these decisions.) An overload reduces the number at once.
 *
 * Goodput is measured as the bytes that an average lane moves, times the lanes in use. So lanes that report
 * each chunk and lanes that report a whole block at its end are measured alike.
 */
export class LaneLimit {
  #range: LaneRange;
  readonly #now: () => number;
  #phase: Phase;
  #window: GoodputWindow;
  /** The lanes whose request has waited long for its first byte. */
  readonly #waitedLong = new Set<number>();
  #reducedAt = Number.NEGATIVE_INFINITY;
  /**
   * After a refusal, the server gets at most `lanes` for `time` milliseconds, which end at `until`. Each
   * refusal, also the first, doubles `time`.
   */
  #ceiling = { lanes: Number.POSITIVE_INFINITY, until: 0, time: MIN_CEILING_TIME / 2 };
  #pausedUntil = 0;

  /** @param now a clock that never goes back; milliseconds */
  constructor(range: LaneRange, now = () => performance.now()) {
    this.#range = range;
    this.#now = now;
    this.#phase = start(range);
    this.#window = new GoodputWindow(now());
  }

  /** The number of lanes that may be open now. */
  get lanes(): number {
    return this.#phase.lanes;
  }

  /** Changes the smallest and the largest number of lanes. */
  setRange(range: LaneRange): void {
    this.#range = range;
    const lanes = Math.min(range.max, Math.max(range.min, this.lanes));
    this.#begin(rest(lanes, this.#phase, this.#moment()));
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
   * Records that the first byte of a lane's request has come after `wait` milliseconds. If most lanes wait
   * long at the start, the server is far away. One quick answer shows that it is nearby.
   */
  answered(lane: number, wait: number): void {
    if (wait >= FAR) this.#waitedLong.add(lane);
    if (wait < FAR || this.#waitedLong.size >= MIN_USE * this.lanes) this.heard(wait);
  }

  /**
   * Records that a small request outside of lanes was answered after `wait` milliseconds. At the start, a
   * server far away gets more lanes at once, before anything is measured.
   */
  heard(wait: number): void {
    if (this.#phase.name !== 'start') return;
    if (wait < FAR) this.#phase = searchNearby(this.#phase);
    else this.#begin(searchFarAway(this.#phase, this.#moment()));
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
    const phase = this.#phase.name === 'start' ? searchNearby(this.#phase) : this.#phase;
    this.#phase = phase;
    const isSearch = phase.name === 'search';
    if (now - window.begin < (isSearch ? SEARCH_TIME : MEASURE_TIME)) return;
    const meanInUse = window.meanInUse(now);
    if (window.reporting < MIN_USE * meanInUse) return;
    // At the beginning, lanes come into use one by one. So it is enough if they were in use at some moment.
    const inUse = isSearch && phase.best.goodput === 0 ? window.mostInUse : meanInUse;
    const isJudged = inUse >= MIN_USE * phase.lanes;
    this.#begin(isJudged ? nextPhase(phase, window.goodput(now), this.#moment()) : phase);
  }

  /** Records that the endpoint has refused a request, and wants none for `retryAfter` milliseconds. */
  refused(retryAfter: number): void {
    const now = this.#now();
    this.#pausedUntil = Math.max(this.#pausedUntil, now + retryAfter);
    if (!this.#mayReduce()) return;
    const time = Math.min(2 * this.#ceiling.time, MAX_CEILING_TIME);
    this.#ceiling = { lanes: Math.max(this.#range.min, this.lanes - 1), until: now + time, time };
    this.#reduce();
  }

  /** Records that the endpoint has failed. */
  failed(): void {
    if (this.#mayReduce()) this.#reduce();
  }

  #mayReduce(): boolean {
    return this.#now() - this.#reducedAt >= REDUCTION_TIME;
  }

  #reduce(): void {
    this.#reducedAt = this.#now();
    const lanes = Math.max(this.#range.min, Math.floor(this.lanes * (1 - REDUCTION)));
    this.#begin(rest(lanes, this.#phase, this.#moment()));
  }

  /** Begins a phase (or the present one anew) with a new measurement. */
  #begin(phase: Phase): void {
    this.#phase = phase;
    const settleTime = phase.name === 'probe' ? SETTLE_TIME : 0;
    this.#window = new GoodputWindow(this.#now() + settleTime, this.#window);
  }

  #moment(): Moment {
    const at = this.#now();
    const { min, max } = this.#range;
    const ceiling = at < this.#ceiling.until ? this.#ceiling.lanes : max;
    return { at, range: { min, max: Math.min(max, ceiling) } };
  }
}
