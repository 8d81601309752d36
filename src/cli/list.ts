import { type Command, InvalidArgumentError, Option } from 'commander';
import pMap from 'p-map';
import { isFinal, JOB_STATUSES, type JobStatus } from '../copy-job/index.ts';
import { type JobService, type JobView, OPERATOR } from '../job-service/index.ts';
import { harmless } from '../text/index.ts';
import { withContext } from './context.ts';
import { addExamples } from './help.ts';
import { DROPPED_COLUMNS, JOB_COLUMNS, USUAL_COLUMNS } from './job-columns.ts';
import { type ListingOptions, outputOption, printListing } from './output.ts';
import { type Column, table } from './table.ts';
import { wholeNumber } from './whole-number.ts';

interface ListOptions extends ListingOptions {
  readonly status?: JobStatus;
  readonly cleaning?: true;
  readonly limit?: number;
  readonly marker?: string;
  readonly columns?: readonly Column<JobView>[];
}

/** How many open jobs of a list are shown with their live progress. */
const MAX_LIVE = 50;
/** How many jobs are looked up at a time. */
const MAX_LOOKUPS = 8;

/** Adds the command `list`. */
export function addListCommand(program: Command): void {
  const names = JOB_COLUMNS.map(({ name }) => name).join(', ');
  const list = program
    .command('list')
    .addOption(new Option('--status <status>', 'only jobs with this status').choices(JOB_STATUSES))
    .addOption(
      new Option('--cleaning', 'only jobs cancelled by force whose clean-up still goes on').conflicts(
        'status',
      ),
    )
    .option('--limit <n>', 'list at most this many (1 to 1000)', wholeNumber(1, 1000))
    .option('--marker <marker>', 'list the next page; the page before has printed its marker')
    .addOption(outputOption())
    .option(
      '--columns <names>',
      `columns of the table, as in job,status,fault; out of ${names}`,
      columnsNamed,
    )
    .summary('list jobs')
    .description(
      'List jobs: first the open ones, then the newest. On a narrow terminal, the table has fewer columns ' +
        'unless --columns names them. RATE is the average since the job was ordered.',
    )
    .action(async (_options, command: Command) => {
      const options = command.optsWithGlobals<ListOptions>();
      await withContext(options, async ({ jobs }) => {
        const page = await jobs.list(OPERATOR, options);
        const { status: wanted } = options;
        // The status of a job may have changed since it was listed.
        const shown = (await withLiveProgress(jobs, page.jobs)).filter(
          ({ status }) => wanted === undefined || status === wanted,
        );
        const value = { ...page, jobs: shown };
        const more = page.next_marker === null ? '' : `\nmore: --marker ${harmless(page.next_marker)}`;
        printListing(options, {
          value,
          names: value.jobs.map(({ job_id }) => job_id),
          table: () => jobsText(value.jobs, options.columns) + more,
        });
      });
    });
  addExamples(list, 'list --status error --columns job,fault,image', 'list --status replicating -o name');
}

/**
 * Returns the listed jobs, the first open ones with their live progress. The other jobs have the progress of
 * their records, which may be older.
 */
function withLiveProgress(jobs: JobService, listed: readonly JobView[]): Promise<JobView[]> {
  const live = new Set(listed.filter(({ status }) => !isFinal(status)).slice(0, MAX_LIVE));
  const latest = (job: JobView) => (live.has(job) ? jobs.show(OPERATOR, job.job_id).catch(() => job) : job);
  return pMap(listed, latest, { concurrency: MAX_LOOKUPS });
}

function jobsText(jobs: readonly JobView[], chosen: readonly Column<JobView>[] | undefined): string {
  if (jobs.length === 0) return 'no jobs';
  if (chosen !== undefined) return table(jobs, chosen, null);
  const usual = JOB_COLUMNS.filter(({ name }) => USUAL_COLUMNS.includes(name));
  return table(jobs, usual, process.stdout.isTTY ? process.stdout.columns : null, DROPPED_COLUMNS);
}

function columnsNamed(text: string): readonly Column<JobView>[] {
  return text.split(',').map((name) => {
    const column = JOB_COLUMNS.find((one) => one.name === name.trim().toLowerCase());
    if (column !== undefined) return column;
    const known = JOB_COLUMNS.map((one) => one.name).join(', ');
    throw new InvalidArgumentError(`There is no column '${name}'; the columns are ${known}.`);
  });
}
