import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Bars, barChart } from './bar-chart.ts';
import { JOB } from './link-stack.ts';
import { BY_HAND, DEFAULTS } from './peers.ts';
import { ratio } from './report.ts';
import { median } from './statistics.ts';

/** The times that were measured over links of several delays, as they are stored. */
export interface Delays {
  /** The lines that say what was measured, where and when. */
  readonly machine: readonly string[];
  readonly delays: readonly {
    /** Milliseconds from a request to its answer. */
    readonly roundTrip: number;
    /** Milliseconds that each copy took, by the program that made it. */
    readonly times: Readonly<Record<string, readonly number[]>>;
  }[];
}

const FILE = join(import.meta.dirname, 'link-delays.json');
const RESULTS = join(import.meta.dirname, 'RESULTS-LINK-DELAYS.md');
const CHART = 'link-delays.svg';
/** The table and the chart call the rows of the measurements by these names. */
const NAMES = {
  [DEFAULTS]: 'rclone, at its defaults',
  [BY_HAND]: 'rclone, 32 streams of 16 MiB',
  [JOB]: 'image-replicator, at its defaults',
};

export async function storeDelays(measured: Delays): Promise<void> {
  await writeFile(FILE, `${JSON.stringify(measured, null, 2)}\n`);
}

/** Writes the table and the chart from the measurements that `storeDelays` has stored. */
export async function writeDelays(): Promise<void> {
  const measured: Delays = JSON.parse(await readFile(FILE, 'utf8'));
  await writeFile(RESULTS, page(measured));
  await writeFile(join(import.meta.dirname, CHART), barChart(barsOf(measured)));
}

function page({ machine, delays }: Delays): string {
  const rounds = delays[0]?.times[JOB]?.length;
  const lines = [
    '# Results on links of several delays',
    '',
    ...machine,
    '',
    'Each copy moves 512 MiB from a bucket far away (versitygw) to a directory. Each connection carries 10 MB/s',
    `(toxiproxy). Each number is the median of ${rounds} rounds, in which the copies take turns on the same cores.`,
    'A job also computes the sha512 of what it has written, and syncs it. By hand, rclone is given',
    '`--multi-thread-streams 32` and `--multi-thread-chunk-size 16M`: with chunks of 64 MiB, its default, it has',
    'work for 8 streams only. [link-delays.json](link-delays.json) has all that was measured, and',
    '`npm run bench:charts` draws it anew.',
    '',
    `![Seconds that a copy takes, by the link's round trip](${CHART})`,
    '',
    `| round trip | ${Object.values(NAMES).join(' | ')} | job / rclone at its defaults | job / rclone by hand |`,
    '|---|---|---|---|---|---|',
    ...delays.map(({ roundTrip, times }) => {
      const [base = 0, byHand = 0, job = 0] = Object.keys(NAMES).map((name) => median(times[name] ?? []));
      const cells = Object.keys(NAMES).map((name) => cell(times[name] ?? []));
      return `| ${roundTrip} ms | ${cells.join(' | ')} | ${ratio(job, base)} | ${ratio(job, byHand)} |`;
    }),
    '',
  ];
  return lines.join('\n');
}

function cell(times: readonly number[]): string {
  const [middle, least, most] = [median(times), Math.min(...times), Math.max(...times)].map((ms) =>
    (ms / 1000).toFixed(1),
  );
  return `${middle} s (${least} to ${most})`;
}

function barsOf({ machine, delays }: Delays): Bars {
  return {
    title: '512 MiB from a bucket far away to a directory',
    about: 'Seconds; less is better. 10 MB/s for each connection.',
    source: machine.join(' ').replace(/ Written by.*/, ''),
    series: Object.values(NAMES),
    groups: delays.map(({ roundTrip, times }) => ({
      label: `round trip ${roundTrip} ms`,
      values: Object.keys(NAMES).map((name) => median(times[name] ?? []) / 1000),
    })),
  };
}
