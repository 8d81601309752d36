import { execFileSync } from 'node:child_process';

/** Returns the middle one of the sorted values, or the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  return (quantile(values, 0.5) + quantile(values, 0.5, Math.ceil)) / 2;
}

/**
 * Returns the value at this share of the way through the sorted values.
 * @param round chooses between two neighbours: `Math.floor` the lower one, `Math.ceil` the higher one
 */
export function quantile(values: readonly number[], share: number, round = Math.floor): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, round(share * (sorted.length - 1)))] ?? Number.NaN;
}

/**
 * Runs several measurements in turn, round after round. So all of them suffer alike if the machine becomes
 * slower for a while. Before each measurement, waits until everything that was written is on the disks.
 */
export async function alternating<K extends string>(
  rounds: number,
  measurements: Readonly<Record<K, () => Promise<number>>>,
): Promise<Record<K, number[]>> {
  const names = Object.keys(measurements) as K[];
  const results = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<K, number[]>;
  for (let round = 0; round < rounds; round++) {
    for (const name of names) {
      execFileSync('sync');
      results[name].push(await measurements[name]());
    }
  }
  return results;
}

/** Returns the milliseconds that some work takes. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const before = performance.now();
  await work();
  return performance.now() - before;
}
