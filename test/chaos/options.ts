import { parseArgs } from 'node:util';

/** The options of the command line. */
export interface Options {
  readonly seed: number;
  /** The milliseconds that a sample may take; `null` to run all trials. */
  readonly sample: number | null;
  /**
   * Matches names of trials. A name has the form `fault/phase/store`. A pattern may contain `*`, or be the
   * beginning of a name. Several patterns are separated by commas.
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

  --sample 8m      run trials chosen at random, some of every kind, for 8 minutes (or as in 90s)
  --only NAMES     run only trials of these names, as in kill/*/s3,cancel: a name is FAULT/PHASE/STORE or
                   its beginning, and * stands for any text
  --reliable       leave out trials that may fail by chance, or take more than a minute
  --seed N         make the same trials as the run with this seed
  --jobs N         run N trials at a time (default: 2)
  --report FILE    replace the table in FILE
  --keep FILE      add the outcomes to FILE, and report on all outcomes in it
  --rest           with --keep: run only the trials whose outcome FILE does not have
  --list           print the names of the trials, and run none`;

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
