import type { Command } from 'commander';
import { OPERATOR } from '../job-service/index.ts';
import { type GlobalOptions, withContext } from './context.ts';
import { operatorName } from './operator-name.ts';
import { printJob } from './print.ts';

/** Adds the commands `pause` and `resume`. */
export function addPauseCommands(program: Command): void {
  const addCommand = (name: 'pause' | 'resume', summary: string, description: string) =>
    program
      .command(name)
      .argument('<job-id>')
      .option('--reason <text>', 'why, for the record')
      .summary(summary)
      .description(description)
      .action(async (jobId: string, _options, command: Command) => {
        const { reason, ...options } = command.optsWithGlobals<GlobalOptions & { reason?: string }>();
        await withContext(options, async ({ jobs }) => {
          await jobs[name](OPERATOR, jobId, { requested_by: operatorName(), ...(reason && { reason }) });
          await printJob(jobs, jobId, options);
        });
      });
  addCommand(
    'pause',
    'pause a job; it keeps what it has copied',
    'Pause the workflow and the current step of a job. The job keeps what it has copied, but not its slot. ' +
      '`resume` lets both go on, and so do `temporal workflow unpause` and `temporal activity unpause` together.',
  );
  addCommand(
    'resume',
    'let a paused job go on',
    "Let a paused job go on where it was. Its workflow and its step may also have been paused by Temporal's " +
      'own commands.',
  );
}
