import type { Command } from 'commander';
import { OPERATOR } from '../job-service/index.ts';
import { type Context, withContext } from './context.ts';
import { type FollowOptions, follow } from './follow.ts';
import { addExamples } from './help.ts';

interface CopyOptions extends FollowOptions {
  readonly from: string;
  readonly to: string;
  readonly name?: string;
  readonly sourceTenant?: string;
  readonly tenant?: string;
}

/** Adds the commands `copy` and `retry`. */
export function addCopyCommand(program: Command): void {
  const copying = program
    .command('copy')
    .argument('<image-id>', 'the image to copy')
    .requiredOption('--from <region>', 'the region of the image')
    .requiredOption('--to <region>', 'the region of the copy')
    .option('--name <name>', "the copy's name (default: the image's)")
    .option(
      '--source-tenant <id>',
      'read the image as this tenant (default: as an operator, who sees every image)',
    )
    .option('--tenant <id>', "the copy's owner (default: the source tenant)")
    .option('--detach', 'start the job, and do not watch it')
    .summary('copy an image to another region, and watch it')
    .description(
      'Start a copy job, and watch it until its end. Ctrl-C ends the watching, not the job. On a terminal, a ' +
        'bar shows the progress. Otherwise, the output is the job as one line of JSON.',
    )
    .action(async (imageId: string, _options, command: Command) => {
      const options = command.optsWithGlobals<CopyOptions>();
      await withContext(options, (context) => copy(context, imageId, options));
    });
  addExamples(
    copying,
    'copy <image-id> --from ot1 --to ot2',
    'copy <image-id> --from ot1 --to ot2 --tenant <id> --detach',
  );

  program
    .command('retry')
    .argument('<job-id>', 'a job that has ended')
    .option('--detach', 'start the job, and do not watch it')
    .summary('start a new job with the request of one that has ended, and watch it')
    .action(async (jobId: string, _options, command: Command) => {
      const options = command.optsWithGlobals<FollowOptions>();
      await withContext(options, async (context) => {
        const { job_id } = await context.jobs.retry(OPERATOR, jobId);
        await follow(context, job_id, options);
      });
    });
}

async function copy(context: Context, imageId: string, options: CopyOptions): Promise<void> {
  const { from, to, name, sourceTenant, tenant } = options;
  const { job_id } = await context.jobs.start(
    OPERATOR,
    {
      source: {
        region: from,
        image_id: imageId,
        ...(sourceTenant !== undefined && { tenant_id: sourceTenant }),
      },
      destination: {
        region: to,
        ...(tenant !== undefined && { tenant_id: tenant }),
        ...(name !== undefined && { image_name: name }),
      },
    },
    { dialect: 'cli' },
  );
  await follow(context, job_id, options);
}
