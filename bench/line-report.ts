import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Course, goodput, sharesOf, whileAllRan, writtenBetween } from './line-courses.ts';
import { RATE } from './line-stack.ts';
import { median } from './statistics.ts';
import { timeChart } from './time-chart.ts';

/** The measurements of a line that copies share, as they are stored. */
export interface LineResults {
  /** The lines that say what was measured, where and when. */
  readonly machine: readonly string[];
  /** Bytes a second in each round, by the name of the measurement. */
  readonly speeds: Readonly<Record<string, readonly number[]>>;
  /** Which share of the bytes each of four copies has moved, in each round. */
  readonly shares: readonly (readonly number[])[];
  readonly courses: { readonly one: Course; readonly two: Course; readonly thin: Course };
}

const FILE = join(import.meta.dirname, 'line.json');
const RESULTS = join(import.meta.dirname, 'RESULTS-LINE.md');
const TITLES = {
  one: 'One copy on a line of 40 MB/s',
  two: 'Two copies that share a line of 40 MB/s',
  thin: 'One copy, whose line shrinks to a tenth in the middle',
};
/** The first seconds after a change of the line, in which copies find their new speed; milliseconds. */
const CHANGE_TIME = 3000;

export async function storeLine(measured: LineResults): Promise<void> {
  await writeFile(FILE, `${JSON.stringify(measured)}\n`);
}

/** Writes the tables and the charts from the measurements that `storeLine` has stored. */
export async function writeLine(): Promise<void> {
  const measured: LineResults = JSON.parse(await readFile(FILE, 'utf8'));
  await writeFile(RESULTS, linePage(measured));
  for (const name of ['one', 'two', 'thin'] as const) {
    await writeFile(join(import.meta.dirname, `line-${name}.svg`), chart(name, measured));
  }
}

/** Returns the page of results. */
export function linePage({ machine, speeds, shares, courses }: LineResults): string {
  const lines = [
    '# Results on a line that all connections share',
    '',
    ...machine,
    'The S3 server (versitygw) is in a network namespace. The line to it carries 40 MB/s in each direction (`tc',
    'qdisc … tbf`); the headers of packets take 1.8 MB/s of them. Between the worker and the line is a proxy',
    '(toxiproxy), which delays all bytes by 50 ms each way, and lets 10 MB/s through for each connection. All',
    'processes run on the same cores. The worker has no configuration of lanes. [line.json](line.json) has the',
    'measurements, from which `npm run bench:charts` draws the charts anew.',
    '',
    '## How much of the line is used',
    '',
    'The table has the bytes of images that were moved in a second, as a share of 40 MB/s. The time counts from the',
    'start of a job or a program to its end. The programs take turns in rounds, and the share is the median of the',
    'rounds. Each of the four copies moves 256 MiB, and every other copy 768 MiB. In the other direction, the time',
    'also includes the moment in which the server puts the upload together.',
    '',
    '| | share of the line | range |',
    '|---|---|---|',
    ...Object.entries(speeds).map(([name, rates]) => {
      const [lowest, highest] = [Math.min(...rates), Math.max(...rates)];
      return `| ${name} | ${percent(median(rates) / RATE)} | ${percent(lowest / RATE)} to ${percent(highest / RATE)} |`;
    }),
    '',
    `While all four copies were under way, each moved between ${percent(Math.min(...shares.flat()))} and ${percent(Math.max(...shares.flat()))} of the bytes.`,
    '',
    ...chartsOf(courses),
  ];
  return lines.join('\n');
}

function chartsOf({ one, two, thin }: LineResults['courses']): string[] {
  const [begin, end] = whileAllRan(two);
  const rates = thin.rates.map(({ from, rate }, index) => {
    const until = thin.rates[index + 1]?.from ?? thin.time - 1000;
    const bytes = sum(writtenBetween(thin, from + CHANGE_TIME, until));
    const speed = (1000 * bytes) / (until - from - CHANGE_TIME);
    return `${(speed / 1e6).toFixed(1)} MB/s of ${rate / 1e6}`;
  });
  return [
    '## Lanes and goodput over time',
    '',
    "Samples of the worker's own metrics, four a second: `image_replicator_lanes_open` and `_limit`, and",
    "`image_replicator_written_bytes_total` of each copy's region. A dashed line is the largest possible value:",
    'what the line carries, and the lanes that the worker allows. The worker remembers its lanes from one copy to',
    'the next, so the second and third chart begin with what it had found before.',
    '',
    `![Lanes and goodput of one copy](line-one.svg)`,
    '',
    `This copy took ${seconds(one.time)}.`,
    '',
    `![Lanes and goodput of two copies](line-two.svg)`,
    '',
    `While both ran, for ${seconds(end - begin)}, they moved ${sharesOf(two).map(percent).join(' and ')} of the bytes.`,
    '',
    `![Lanes and goodput of a copy whose line shrinks](line-thin.svg)`,
    '',
    `The copy moved ${rates.join(', then ')}, without the first ${CHANGE_TIME / 1000} seconds of each.`,
    '',
  ];
}

function chart(name: keyof typeof TITLES, { machine, courses }: LineResults): string {
  const course = courses[name];
  const secondsAt = ({ at }: { readonly at: number }) => at / 1000;
  const limits = course.rates.flatMap(({ from, rate }, index) => {
    const until = course.rates[index + 1]?.from ?? course.time;
    return [[from / 1000, rate / 1e6] as const, [until / 1000, rate / 1e6] as const];
  });
  return timeChart({
    title: TITLES[name],
    about: 'From a bucket far away to a directory. 100 ms round trip, 10 MB/s for each connection.',
    source: machine.join(' ').replace(/ Written by.*/, ''),
    end: course.time / 1000,
    panels: [
      {
        about: 'Goodput, MB/s',
        series: course.regions.map((region) => ({ name: region, points: goodput(course, region) })),
        most: limits,
      },
      {
        about: 'Lanes',
        series: [
          { name: 'open', points: course.samples.map((sample) => [secondsAt(sample), sample.open] as const) },
        ],
        most: course.samples.map((sample) => [secondsAt(sample), sample.limit] as const),
      },
    ],
  });
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
