import type { Command } from 'commander';
import { OPERATOR } from '../job-service/index.ts';
import { harmless } from '../text/index.ts';
import { type Context, type GlobalOptions, withContext } from './context.ts';
import { exitCodeOfJob } from './errors.ts';
import { jobText, print, webPage } from './print.ts';
import { watchJob } from './watch.ts';

interface CopyOptions extends GlobalOptions {
  readonly from: string;
  readonly to: string;
  readonly name?: string;
  readonly sourceTenant?: string;
  readonly tenant?: string;
  readonly detach?: boolean;
}

export function addCopyCommand(program: Command): void {
  program
    .command('copy')
    .argument('<image-id>', 'the image to copy')
    .requiredOption('--from <region>', 'region of the image')
    .requiredOption('--to <region>', 'region of the copy')
    .option('--name <name>', "the copy's name (default: the image's)")
    .option('--source-tenant <id>', 'read the image as this tenant (default: as an operator, who sees all)')
    .option('--tenant <id>', "the copy's owner (default: the source tenant)")
    .option('--detach', 'start the job and do not wait for its end')
    .summary('copy an image to another region, and watch it')
    .description(
      'Starts a copy job and watches it until its end. Ctrl-C ends the watching, not the job.\n' +
        'Where stdout is no terminal there is no bar, and the last line is the job as one line of JSON.',
    )
    .action(async (imageId: string, _options, command: Command) => {
      const options = command.optsWithGlobals<CopyOptions>();
      await withContext(options, (context) => copy(context, imageId, options));
    });

  program
    .command('retry')
    .argument('<job-id>', 'a job that has ended')
    .option('--detach', 'start the job and do not wait for its end')
    .summary('start a new job with the same request')
    .action(async (jobId: string, _options, command: Command) => {
      const options = command.optsWithGlobals<CopyOptions>();
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

async function follow(context: Context, jobId: string, { detach, json }: CopyOptions): Promise<void> {
  const forPerson = process.stdout.isTTY && !json;
  const page = webPage(context.config, context.client.options.namespace, jobId);
  if (detach) {
    print(
      !forPerson,
      { job_id: jobId, web_ui: page },
      harmless(page === null ? `job ${jobId}` : `job ${jobId}  ${page}`),
    );
    return;
  }
  if (forPerson) process.stdout.write(`job ${harmless(jobId)}\n`);
  const job = await watchJob(context.jobs, jobId, forPerson);
  process.exitCode = exitCodeOfJob(job.status);
  const { destination_region_id: region, destination_image_id: image } = job;
  const store = context.regions.get(region ?? '')?.store;
  const location = image === null ? null : (store?.locate(image) ?? null);
  const text = [
    jobText(job),
    location && `location      ${harmless(location)}`,
    page && `web ui        ${page}`,
  ];
  print(!forPerson, { ...job, location, web_ui: page }, text.filter(Boolean).join('\n'));
}
