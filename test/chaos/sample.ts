import type { Random } from './random.ts';
import type { Result } from './results.ts';
import type { Trial } from './trial.ts';

/** The time that an ordinary trial takes on a busy machine; seconds. */
const USUAL = 25;
/**
 * The time that a trial with Glance takes on a busy machine, where Python and its databases run too; seconds.
 */
const AT_A_GLANCE = 45;

/** Returns about how long a trial takes; milliseconds. */
export function costOf({ fault, store }: Trial): number {
  return Math.max(fault.seconds ?? USUAL, store === 'glance' ? AT_A_GLANCE : 0) * 1000;
}

/** Returns the largest factor by which a trial took longer than expected; at least 1. */
export function slownessOf(results: readonly Result[]): number {
  return Math.max(1, ...results.map(({ trial, took }) => took / costOf(trial)));
}

/**
 * Returns the trials in an order in which every beginning is a fair sample. The next trial is always the one
 * whose cell of the table (a row at a store) was used least often. Among equals the row decides, then the
 * store, and then the phase.
 *
 * @param before trials that were run already, which count as the beginning
 */
export function stratified(trials: readonly Trial[], random: Random, before: readonly Trial[] = []): Trial[] {
  const rest = random.shuffled(trials);
  const used = new Map<string, number>();
  const uses = (key: string) => used.get(key) ?? 0;
  const keysOf = ({ fault, store, phase }: Trial) => [`${fault.row} ${store}`, fault.row, store, phase];
  const rankOf = (trial: Trial) => keysOf(trial).map(uses);
  const use = (trial: Trial) => {
    for (const key of keysOf(trial)) used.set(key, uses(key) + 1);
  };
  for (const trial of before) use(trial);
  const ordered: Trial[] = [];
  while (rest.length > 0) {
    let best = 0;
    for (let at = 1; at < rest.length; at += 1) if (isBelow(at, best)) best = at;
    const [next] = rest.splice(best, 1);
    if (next === undefined) break;
    ordered.push(next);
    use(next);
  }
  return ordered;

  function isBelow(one: number, other: number): boolean {
    const [a, b] = [rest[one], rest[other]];
    if (a === undefined || b === undefined) return false;
    const [left, right] = [rankOf(a), rankOf(b)];
    for (const [index, rank] of left.entries()) {
      const against = right[index] ?? 0;
      if (rank !== against) return rank < against;
    }
    return false;
  }
}
