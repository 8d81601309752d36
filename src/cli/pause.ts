import type { Command } from 'commander';
import { OPERATOR } from '../job-service/index.ts';
import { type GlobalOptions, withContext } from './context.ts';
import { operatorName } from './operator-name.ts';
import { jobText, print } from './print.ts';

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
          const job = await jobs.show(OPERATOR, jobId);
          print(options.json, job, jobText(job));
        });
      });
  addCommand(
    'pause',
    'pause a job; it keeps what it has copied',
    'Pauses a job: its workflow, and its current step, so that its slot becomes free. The job keeps what it has ' +
      "copied. `resume` resumes both. To do that with Temporal's own commands, use\n" +
      '`temporal workflow unpause` and `temporal activity unpause`.',
  );
  addCommand(
    'resume',
    'let a paused job go on',
    'Resumes a paused job where it was, whether its workflow, its current step or both are paused, and whether\n' +
      "they were paused with this command or with Temporal's own.",
  );
}
