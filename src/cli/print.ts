import type { Config } from '../config/index.ts';
import { type JobService, type JobView, OPERATOR } from '../job-service/index.ts';
import { bytesText, harmless, harmlessJson, rateText } from '../text/index.ts';
import type { GlobalOptions } from './context.ts';

/**
 * Prints a value as one line of JSON if `json` is `true`, otherwise the text. Untrusted values in the text
 * MUST have gone through `harmless`: a line break in a name, for example, would look like another row.
 */
export function print(json: boolean | undefined, value: unknown, text: string): void {
  process.stdout.write(`${json ? harmlessJson(JSON.stringify(value)) : text}\n`);
}

/** Looks a job up, and prints it. */
export async function printJob(
  jobs: JobService,
  jobId: string,
  { json }: Pick<GlobalOptions, 'json'>,
): Promise<void> {
  const job = await jobs.show(OPERATOR, jobId);
  print(json, job, jobText(job));
}

type Fact = readonly [name: string, value: unknown];

/** Returns a job as text for people, one fact a line, and then further facts. */
export function jobText(job: JobView, ...further: readonly Fact[]): string {
  return factsText([
    ['job', job.job_id],
    ['status', job.phase === null ? job.status : `${job.status} (${job.phase})`],
    ['image', job.source_image_name ?? job.source_image_id],
    ['source', `${job.source_region_id ?? '-'}/${job.source_image_id ?? '-'}`],
    ['destination', `${job.destination_region_id ?? '-'}/${job.destination_image_id ?? '-'}`],
    ['progress', progressText(job)],
    ['limit', job.bandwidth_limit ? rateText(job.bandwidth_limit) : null],
    ['held back by', job.held_back_by],
    ['sha512', job.sha512],
    ['copied by', copiedByText(job)],
    ['cancelled by', cancelText(job.cancel)],
    ['fault', faultText(job.fault)],
    ['attempt', job.attempt !== null && job.attempt > 1 ? job.attempt : null],
    ['last fault', faultText(job.last_fault)],
    ['next retry', job.next_retry_at],
    ['waiting for', job.waiting_for],
    ['paused', pauseText(job)],
    ['created', job.created_at],
    ['updated', job.updated_at],
    ...further,
  ]);
}

/** Returns facts as text: each on its own line, after its name. Leaves out facts that are `null`. */
export function factsText(facts: readonly Fact[]): string {
  return facts
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `${name.padEnd(13)} ${harmless(String(value))}`)
    .join('\n');
}

/** Returns the address of a job's page in Temporal's Web UI; `null` if the configuration has no `web_ui`. */
export function webPage({ webUi }: Config, namespace: string, jobId: string): string | null {
  return webUi === null ? null : `${webUi}/namespaces/${namespace}/workflows/${encodeURIComponent(jobId)}`;
}

function progressText({ copy_progress, bytes_copied, image_size }: JobView): string {
  if (image_size === null) return `${copy_progress}%`;
  return `${copy_progress}%, ${bytesText(bytes_copied)} of ${bytesText(image_size)}`;
}

function copiedByText({ copied_by, server_refusal }: JobView): string | null {
  if (copied_by !== undefined) return 'the destination itself: no byte has passed through a worker';
  return server_refusal === undefined
    ? null
    : `a worker, because the destination refused to copy (${server_refusal})`;
}

function cancelText(cancel: JobView['cancel']): string | null {
  if (cancel === null) return null;
  const who = cancel.requested_by ?? cancel.via;
  return [cancel.force ? `${who}, by force` : who, cancel.reason].filter(Boolean).join(': ');
}

function pauseText({ paused, pause }: JobView): string | null {
  if (!paused) return null;
  const details = [pause?.at, pause?.by && `by ${pause.by}`, pause?.reason].filter(Boolean).join(', ');
  return `${details || 'yes'}; \`resume\` lets it go on`;
}

/** Returns a fault as a line of text; `null` if there is none. */
export function faultText(fault: JobView['fault']): string | null {
  return fault && `${fault.code}${fault.side === null ? '' : ` at the ${fault.side}`}: ${fault.message}`;
}
