import { setTimeout as sleep } from 'node:timers/promises';
import { copyByJob } from './copy-by-job.ts';
import type { Image } from './images.ts';
import { COPIES, type LineStack, RATE } from './line-stack.ts';
import type { SharedLine } from './shared-line.ts';
import { type Sample, watchWorker } from './worker-metrics.ts';

/** Copies from a bucket far away, each to a directory of its own, and their progress over time. */
export interface Course {
  /** The regions that the copies went to. */
  readonly regions: readonly string[];
  /** The bytes of each copy. */
  readonly size: number;
  readonly samples: readonly Sample[];
  /** The rates of the line one after another, each with the moment from which it held. */
  readonly rates: readonly Rate[];
  /** Milliseconds from the start of the first job to the end of the last one. */
  readonly time: number;
}

interface Rate {
  /** Milliseconds since the start of the first job. */
  readonly from: number;
  /** Bytes a second. */
  readonly rate: number;
}

/** How long a line that shrinks has its whole width, and then a tenth of it; milliseconds. */
const WIDE_FOR = 6000;
const THIN_FOR = 20_000;

/**
 * Copies an image several times at once.
 * @param starts for each copy, the milliseconds after which its job begins
 */
export async function copiesOverTime(
  stack: LineStack,
  { id, size }: Image,
  starts: readonly number[],
): Promise<Course> {
  const regions = COPIES.slice(0, starts.length);
  const watch = watchWorker(stack.metrics, stack.far);
  const begun = performance.now();
  await Promise.all(
    regions.map(async (region, index) => {
      await sleep(starts[index]);
      const copy = await copyByJob(stack.deployment, id, 'far', region);
      await stack.removeCopy(region, copy.id);
    }),
  );
  const time = performance.now() - begun;
  const samples = (await watch.stop()).map((sample) => onlyOf(regions, sample));
  return { regions, size, samples, rates: [{ from: 0, rate: RATE }], time };
}

/** Copies an image over a line that shrinks to a tenth while the copy is under way, and widens again. */
export async function copyWhereTheLineShrinks(
  stack: LineStack,
  line: SharedLine,
  image: Image,
): Promise<Course> {
  const changes = [
    { from: WIDE_FOR, rate: RATE / 10 },
    { from: WIDE_FOR + THIN_FOR, rate: RATE },
  ];
  const timers = changes.map(({ from, rate }) => setTimeout(() => line.become(rate), from));
  try {
    const course = await copiesOverTime(stack, image, [0]);
    return { ...course, rates: [...course.rates, ...changes] };
  } finally {
    for (const timer of timers) clearTimeout(timer);
    line.become(RATE);
  }
}

function onlyOf(regions: readonly string[], sample: Sample): Sample {
  return { ...sample, written: Object.fromEntries(regions.map((name) => [name, sample.written[name] ?? 0])) };
}

/** Returns how many bytes of each copy were written between two moments, which are in milliseconds. */
export function writtenBetween({ regions, samples }: Course, from: number, to: number): number[] {
  const [before, after] = [lastUntil(samples, from), lastUntil(samples, to)];
  return regions.map((region) => (after?.written[region] ?? 0) - (before?.written[region] ?? 0));
}

/** Returns the moments between which all copies were under way; milliseconds. */
export function whileAllRan({ regions, size, samples }: Course): readonly [from: number, to: number] {
  const [first] = samples;
  const moved = ({ written }: Sample, region: string) =>
    (written[region] ?? 0) - (first?.written[region] ?? 0);
  const running = samples.filter((sample) =>
    regions.every((region) => moved(sample, region) > 0 && moved(sample, region) < size),
  );
  return [running[0]?.at ?? 0, running.at(-1)?.at ?? 0];
}

/** Returns which share of the bytes each copy has moved while all of them were under way. */
export function sharesOf(course: Course): number[] {
  const moved = writtenBetween(course, ...whileAllRan(course));
  const total = moved.reduce((sum, bytes) => sum + bytes, 0);
  return moved.map((bytes) => bytes / total);
}

/**
 * Returns the speed of a copy over time, as pairs of seconds and MB/s. Each speed is the mean of the last
 * second.
 */
export function goodput({ samples }: Course, region: string): (readonly [number, number])[] {
  return samples.map((sample) => {
    const before = lastUntil(samples, sample.at - 1000) ?? sample;
    const bytes = (sample.written[region] ?? 0) - (before.written[region] ?? 0);
    return [sample.at / 1000, bytes / Math.max(1, sample.at - before.at) / 1000] as const;
  });
}

function lastUntil(samples: readonly Sample[], at: number): Sample | undefined {
  return samples.findLast((sample) => sample.at <= at) ?? samples[0];
}
