/** The smallest and the largest number of lanes that an endpoint may get. */
export interface LaneRange {
  readonly min: number;
  readonly max: number;
}

/** A number of lanes, and its goodput in bytes a millisecond; 0 if that is not known yet. */
interface Measured {
  readonly lanes: number;
  readonly goodput: number;
}

/** The fields that all phases have. */
interface Common {
  /** The number of lanes that may be open. */
  readonly lanes: number;
  /** `true` if the next probe tries fewer lanes, because the last probe has tried more. */
  readonly nextGoesDown: boolean;
}

/** Nothing is known about the server yet. */
export interface Start extends Common {
  readonly name: 'start';
}

/** The lanes are multiplied by `step` as long as goodput grows. */
interface Search extends Common {
  readonly name: 'search';
  readonly best: Measured;
  readonly step: number;
}

/** The number of lanes stays the same for `time` milliseconds. */
interface Rest extends Common {
  readonly name: 'rest';
  readonly time: number;
  readonly until: number;
}

/** A few more or fewer lanes than the best number are tried. */
interface Probe extends Common {
  readonly name: 'probe';
  readonly best: Measured;
  /** How long the rest before the probe was; milliseconds. */
  readonly rested: number;
}

/** A phase of a `LaneLimit`. After a start and a search, rests and probes alternate. */
export type Phase = Start | Search | Rest | Probe;

/** The moment at which a phase begins: the time in milliseconds, and the lanes that are allowed then. */
export interface Moment {
  readonly at: number;
  readonly range: LaneRange;
}

/** Twice as many lanes are better only if goodput has grown by this share. */
const MIN_GROWTH = 0.1;
/** Fewer lanes are better if they keep at least this share of the goodput. */
const MIN_KEPT = 0.99;
/** A search multiplies the lanes by the large step as long as goodput grows, and then by the small one. */
const LARGE_STEP = 4;
const SMALL_STEP = 2;
/** A probe changes the number of lanes by this share. */
const PROBE_STEP = 0.25;
/** How long the first rest is; milliseconds. Each probe that finds nothing better doubles the next rest. */
const MIN_REST = 2000;
const MAX_REST = 32_000;

/** Begins with the smallest number of lanes. */
export function start({ min }: LaneRange): Start {
  return { name: 'start', lanes: min, nextGoesDown: false };
}

/** Begins a search with the present number of lanes. The server has not proved to be far away. */
export function searchNearby({ lanes, nextGoesDown }: Start): Search {
  return { name: 'search', lanes, nextGoesDown, best: { lanes, goodput: 0 }, step: SMALL_STEP };
}

/** Begins a search with a large step, because the server is far away. */
export function searchFarAway({ lanes, nextGoesDown }: Start, moment: Moment): Search {
  return search({ lanes, goodput: 0 }, LARGE_STEP, nextGoesDown, moment);
}

export function rest(lanes: number, { nextGoesDown }: Common, moment: Moment, time = MIN_REST): Rest {
  return { name: 'rest', lanes, nextGoesDown, time, until: moment.at + time };
}

/** Returns the phase that follows, once the goodput of this one is measured. */
export function nextPhase(phase: Exclude<Phase, Start>, goodput: number, moment: Moment): Phase {
  switch (phase.name) {
    case 'search':
      return afterSearch(phase, goodput, moment);
    case 'rest':
      return afterRest(phase, goodput, moment);
    case 'probe':
      return afterProbe(phase, goodput, moment);
  }
}

/**
 * Searches on if goodput has grown. If not, goes back to the best number of lanes. From there, tries a small
 * step after a large one, and rests after a small one.
 */
function afterSearch(phase: Search, goodput: number, moment: Moment): Phase {
  const { best, step, nextGoesDown } = phase;
  const measured = { lanes: phase.lanes, goodput };
  if (hasGrown(best, measured)) {
    // The first connections are still speeding up when they are measured, so only a small step follows.
    const isFirst = best.goodput === 0 && step === SMALL_STEP;
    return searchAbove(measured, isFirst ? SMALL_STEP : LARGE_STEP, phase, moment);
  }
  if (step === LARGE_STEP) return search(best, SMALL_STEP, nextGoesDown, moment);
  return rest(best.lanes, phase, moment);
}

/** Rests on until it is time for a probe. */
function afterRest(phase: Rest, goodput: number, moment: Moment): Phase {
  if (moment.at < phase.until) return phase;
  const best = { lanes: phase.lanes, goodput };
  return probe(best, { goesDown: phase.nextGoesDown, rested: phase.time }, moment);
}

/**
 * If a probe has found a better number of lanes, goes on in the same direction. If not, goes back to the best
 * number, and rests twice as long as before, up to `MAX_REST`.
 */
function afterProbe(phase: Probe, goodput: number, moment: Moment): Phase {
  const { best, rested } = phase;
  const measured = { lanes: phase.lanes, goodput };
  const isDown = measured.lanes < best.lanes;
  if (isDown && goodput >= MIN_KEPT * best.goodput)
    return probe(measured, { goesDown: true, rested }, moment);
  if (!isDown && hasGrown(best, measured)) return searchAbove(measured, SMALL_STEP, phase, moment);
  return rest(best.lanes, phase, moment, Math.min(2 * rested, MAX_REST));
}

/** Tells whether goodput has grown enough: by `MIN_GROWTH` for each doubling of the lanes. */
function hasGrown(best: Measured, { lanes, goodput }: Measured): boolean {
  return goodput >= best.goodput * (1 + MIN_GROWTH * Math.log2(lanes / best.lanes));
}

function searchAbove(best: Measured, step: number, before: Common, moment: Moment): Phase {
  if (best.lanes >= moment.range.max) return rest(best.lanes, before, moment);
  return search(best, step, before.nextGoesDown, moment);
}

function search(best: Measured, step: number, nextGoesDown: boolean, { range }: Moment): Search {
  return { name: 'search', lanes: Math.min(range.max, step * best.lanes), nextGoesDown, best, step };
}

/**
 * Tries fewer lanes if `goesDown`, and more if not. If the range does not allow this direction, tries the
 * other one. If it allows neither, rests.
 */
function probe(
  best: Measured,
  { goesDown, rested }: { readonly goesDown: boolean; readonly rested: number },
  moment: Moment,
): Probe | Rest {
  const { min, max } = moment.range;
  const step = Math.max(1, Math.round(best.lanes * PROBE_STEP));
  const fewer = Math.max(min, best.lanes - step);
  const more = Math.min(max, best.lanes + step);
  const isDown = more <= best.lanes || (goesDown && fewer < best.lanes);
  const lanes = isDown ? fewer : more;
  if (lanes === best.lanes) return rest(lanes, { lanes, nextGoesDown: goesDown }, moment, MAX_REST);
  return { name: 'probe', lanes, nextGoesDown: lanes > best.lanes, best, rested };
}
