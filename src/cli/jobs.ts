import { type Command, InvalidArgumentError, Option } from 'commander';
import { JOB_STATUSES, type JobStatus } from '../copy-job/index.ts';
import { OPERATOR } from '../job-service/index.ts';
import { type GlobalOptions, withContext } from './context.ts';
import { jobsText, jobText, print } from './print.ts';

/** `show`, `list` and `cancel`. */
export function addJobCommands(program: Command): void {
  program
    .command('show')
    .argument('<job-id>')
    .summary('show a job, with or without a worker')
    .action(async (jobId: string, _options, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions>();
      await withContext(options, async ({ jobs }) => {
        const job = await jobs.show(OPERATOR, jobId);
        print(options.json, job, jobText(job));
      });
    });

  program
    .command('list')
    .addOption(new Option('--status <status>', 'only jobs with this status').choices(JOB_STATUSES))
    .addOption(
      new Option(
        '--cleaning',
        'only jobs that were cancelled by force, and whose clean-up goes on',
      ).conflicts('status'),
    )
    .option('--limit <n>', 'at most so many (1 to 1000)', limit)
    .option('--marker <marker>', 'go on after an earlier page')
    .summary('list jobs')
    .action(async (_options, command: Command) => {
      const options = command.optsWithGlobals<
        GlobalOptions & { status?: JobStatus; cleaning?: true; limit?: number; marker?: string }
      >();
      await withContext(options, async ({ jobs }) => {
        const page = await jobs.list(OPERATOR, options);
        const more = page.next_marker === null ? '' : `\nmore: --marker ${page.next_marker}`;
        print(options.json, page, jobsText(page.jobs) + more);
      });
    });

  program
    .command('cancel')
    .argument('<job-id>')
    .option('--reason <text>', 'why, for the record')
    .option(
      '--force',
      'end the job at once, also where its destination hangs; the clean-up goes on by itself',
    )
    .summary('cancel a job; nothing of the copy is left')
    .action(async (jobId: string, _options, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions & { reason?: string; force?: true }>();
      await withContext(options, async ({ jobs }) => {
        const requested_by = `operator ${process.env.USER ?? process.getuid?.() ?? ''}`.trim();
        await jobs.cancel(OPERATOR, jobId, {
          requested_by,
          ...(options.reason && { reason: options.reason }),
          ...(options.force && { force: options.force }),
        });
        const job = await jobs.show(OPERATOR, jobId);
        print(options.json, job, jobText(job));
      });
    });
}

function limit(value: string): number {
  const number = Number(value);
  if (Number.isInteger(number) && number >= 1 && number <= 1000) return number;
  throw new InvalidArgumentError('It has to be a whole number from 1 to 1000.');
}
