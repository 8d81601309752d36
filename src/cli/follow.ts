import type { Command } from 'commander';
import { harmless } from '../text/index.ts';
import { progressBar } from './bar.ts';
import { type Context, type GlobalOptions, withContext } from './context.ts';
import { exitCodeOfJob } from './errors.ts';
import { Interrupted, interruption } from './interruption.ts';
import { jobText, print, webPage } from './print.ts';
import { watchJob } from './watch.ts';

/** The options of a command that watches a job. */
export interface FollowOptions extends GlobalOptions {
  readonly detach?: boolean;
}

/** Adds the command `watch`. */
export function addWatchCommand(program: Command): void {
  program
    .command('watch')
    .argument('<job-id>')
    .summary('watch a job until its end')
    .description(
      'Watch a job until its end. The exit code is that of `copy`. Ctrl-C ends the watching, not the job.',
    )
    .action(async (jobId: string, _options, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions>();
      await withContext(options, (context) => follow(context, jobId, options));
    });
}

/**
 * Watches a job until its end, prints the job, and sets the exit code. With `--detach`, prints the job's id
 * and returns at once.
 */
export async function follow(context: Context, jobId: string, options: FollowOptions): Promise<void> {
  const forPerson = process.stdout.isTTY && !options.json;
  const page = webPage(context.config, context.client.options.namespace, jobId);
  if (options.detach) {
    const text = page === null ? `job ${jobId}` : `job ${jobId}  ${page}`;
    print(!forPerson, { job_id: jobId, web_ui: page }, harmless(text));
    return;
  }
  if (forPerson) process.stdout.write(`job ${harmless(jobId)}\n`);
  try {
    const bar = forPerson ? progressBar(process.stdout) : null;
    const job = await watchJob(context.jobs, jobId, bar, interruption());
    process.exitCode = exitCodeOfJob(job.status);
    const { destination_region_id: region, destination_image_id: image } = job;
    const store = context.regions.get(region ?? '')?.store;
    const location = image === null ? null : (store?.locate(image) ?? null);
    const text = jobText(job, ['location', location], ['web ui', page]);
    print(!forPerson, { ...job, location, web_ui: page }, text);
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    process.exitCode = error.exitCode;
    process.stderr.write(`the job goes on; watch it with: image-replicator watch ${harmless(jobId)}\n`);
  }
}
