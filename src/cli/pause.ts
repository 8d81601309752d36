import type { Command } from 'commander';
import { OPERATOR } from '../job-service/index.ts';
import { type GlobalOptions, withContext } from './context.ts';
import { operatorName } from './operator-name.ts';
import { jobText, print } from './print.ts';

/** Adds the commands `pause` and `resume`. */
export function addPauseCommands(program: Command): void {
  const lever = (name: 'pause' | 'resume', summary: string) =>
    program
      .command(name)
      .argument('<job-id>')
      .option('--reason <text>', 'why, for the record')
      .summary(summary)
      .action(async (jobId: string, _options, command: Command) => {
        const { reason, ...options } = command.optsWithGlobals<GlobalOptions & { reason?: string }>();
        await withContext(options, async ({ jobs }) => {
          await jobs[name](OPERATOR, jobId, { requested_by: operatorName(), ...(reason && { reason }) });
          const job = await jobs.show(OPERATOR, jobId);
          print(options.json, job, jobText(job));
        });
      });
  lever('pause', 'pause a job; it keeps what it has copied');
  lever('resume', 'let a paused job go on');
}
