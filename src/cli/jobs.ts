import type { Command } from 'commander';
import { OPERATOR } from '../job-service/index.ts';
import { type GlobalOptions, withContext } from './context.ts';
import { operatorName } from './operator-name.ts';
import { printJob } from './print.ts';

/** Adds the commands `show` and `cancel`. */
export function addJobCommands(program: Command): void {
  program
    .command('show')
    .argument('<job-id>')
    .summary('show a job')
    .description('Show a job. No worker has to run.')
    .action(async (jobId: string, _options, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions>();
      await withContext(options, async ({ jobs }) => {
        await printJob(jobs, jobId, options);
      });
    });

  program
    .command('cancel')
    .argument('<job-id>')
    .option('--reason <text>', 'why, for the record')
    .option(
      '--force',
      'end the job at once, even if its destination hangs; the clean-up goes on in the background',
    )
    .summary('cancel a job, and remove what it has copied')
    .action(async (jobId: string, _options, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions & { reason?: string; force?: true }>();
      await withContext(options, async ({ jobs }) => {
        await jobs.cancel(OPERATOR, jobId, {
          requested_by: operatorName(),
          ...(options.reason && { reason: options.reason }),
          ...(options.force && { force: options.force }),
        });
        await printJob(jobs, jobId, options);
      });
    });
}
