import { type Command, InvalidArgumentError } from 'commander';
import { parseRate } from '../config/index.ts';
import { OPERATOR } from '../job-service/index.ts';
import { type GlobalOptions, withContext } from './context.ts';
import { jobText, print } from './print.ts';

/** Adds the command `limit`. */
export function addLimitCommand(program: Command): void {
  program
    .command('limit')
    .argument('<job-id>')
    .argument('<rate>', 'the most bytes in a second, such as 20MB/s, or none', rateOf)
    .summary('limit the bandwidth of a job, also of one that is running')
    .action(async (jobId: string, rate: number | null, _options, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions>();
      await withContext(options, async ({ jobs }) => {
        await jobs.limit(OPERATOR, jobId, rate);
        const job = await jobs.show(OPERATOR, jobId);
        print(options.json, job, jobText(job));
      });
    });
}

function rateOf(text: string): number | null {
  const rate = text === 'none' ? null : parseRate(text);
  if (rate !== undefined) return rate;
  throw new InvalidArgumentError('It has to be a rate such as 20MB/s, or none.');
}
