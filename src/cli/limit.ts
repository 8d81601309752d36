import { type Command, InvalidArgumentError } from 'commander';
import { parseRate } from '../config/index.ts';
import { OPERATOR } from '../job-service/index.ts';
import { type GlobalOptions, withContext } from './context.ts';
import { addExamples } from './help.ts';
import { printJob } from './print.ts';

/** Adds the command `limit`. */
export function addLimitCommand(program: Command): void {
  const limit = program
    .command('limit')
    .argument('<job-id>', 'the job, which may be running')
    .argument('<rate>', 'the most bytes a second, such as 20MB/s; none takes the limit away', rateOf)
    .summary('limit the bandwidth of a job')
    .action(async (jobId: string, rate: number | null, _options, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions>();
      await withContext(options, async ({ jobs }) => {
        await jobs.limit(OPERATOR, jobId, rate);
        await printJob(jobs, jobId, options);
      });
    });
  addExamples(limit, 'limit <job-id> 20MB/s', 'limit <job-id> none');
}

function rateOf(text: string): number | null {
  const rate = text === 'none' ? null : parseRate(text);
  if (rate !== undefined) return rate;
  throw new InvalidArgumentError('It has to be a rate such as 20MB/s, or none.');
}
