import { parseArgs } from 'node:util';

/** The options of the command line. */
export interface Options {
  readonly seed: number;
  /** The milliseconds that a sample may take; `null` to run all trials. */
  readonly sample: number | null;
  /**
   * Matches names of trials of the form `fault/phase/store`. A pattern may contain `*`, or be the beginning
   * of a name. Several patterns are separated by commas.
   */
  readonly only: RegExp | null;
  /** If true, the trials that are not reliable are left out. */
  readonly reliable: boolean;
  /** The number of trials that run at the same time. */
  readonly jobs: number;
  /** The document into which the table of results is written. */
  readonly report: string | null;
  /** The file that collects the outcomes of trials from all runs, for a report on all of them. */
  readonly keep: string | null;
  /** If true, trials whose outcome is already in `keep` are left out. */
  readonly rest: boolean;
  /** If true, the names of the trials are printed, and none is run. */
  readonly list: boolean;
}

export const USAGE = `usage: npm run test:chaos -- [options]

  --sample 8m            trials at random, of every kind some, for so long (seconds with s)
  --only FAULT/PHASE/STORE  only those; * stands for any, commas for several
  --reliable             without the trials that may fail by chance, or take too long for a gate
  --seed N               makes the trials of an earlier run again
  --jobs N               trials side by side (2)
  --report FILE          writes the table of FILE anew
  --keep FILE            adds what has come of the trials to FILE, and reports on all that is there
  --rest                 with --keep: only the trials that FILE has nothing of
  --list                 prints the names of all trials`;

export function parseOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seed: { type: 'string' },
      sample: { type: 'string' },
      only: { type: 'string' },
      reliable: { type: 'boolean', default: false },
      jobs: { type: 'string', default: '2' },
      report: { type: 'string' },
      keep: { type: 'string' },
      rest: { type: 'boolean', default: false },
      list: { type: 'boolean', default: false },
    },
  });
  return {
    seed: values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(values.seed),
    sample: values.sample === undefined ? null : durationOf(values.sample),
    only: values.only === undefined ? null : patternOf(values.only),
    reliable: values.reliable,
    jobs: Number(values.jobs),
    report: values.report ?? null,
    keep: values.keep ?? null,
    rest: values.rest,
    list: values.list,
  };
}

function durationOf(text: string): number {
  const [, count, unit] = /^(\d+)(s|m)$/.exec(text) ?? [];
  if (count === undefined) throw new Error(`--sample: ${text} is no time such as 8m`);
  return Number(count) * (unit === 'm' ? 60_000 : 1000);
}

/** Returns the regular expression for a pattern of the command line. */
export function patternOf(text: string): RegExp {
  const names = text.split(',').map((name) => {
    const steps = name.split('/').map((step) => step.split('*').map(escaped).join('[^/]*'));
    return steps.join('/');
  });
  return new RegExp(`^(${names.join('|')})(/|$)`);
}

function escaped(text: string): string {
  return text.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&');
}
