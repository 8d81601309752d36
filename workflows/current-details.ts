import type { JobDetails } from '../src/copy-job/index.ts';
import type { TaskDetails } from '../src/object-task/index.ts';
import { bytesText, harmlessMarkdown } from '../src/text/index.ts';

/** Tells the reader of the Web UI where the progress of a running transfer is shown. */
const LIVE_JOB = 'how far it is: *Heartbeat Details* of `transferImage`, under *Pending Activities*';

/**
 * Returns a job as Markdown for the Web UI. The text begins with what the job copies, because a job that was
 * started by hand may have no summary.
 */
export function describeJob(job: JobDetails): string {
  const lines = [
    `**${shown(job.source_image_name ?? job.source_image_id)}** · ${shown(job.source_region_id)} → ${shown(job.destination_region_id)}`,
    `**${job.status}**${job.phase === null ? '' : `, phase: ${job.phase}`}`,
  ];
  if (job.image_size !== null) lines.push(progressLine(job, job.image_size));
  if (job.sha512 !== null) lines.push(`sha512 \`${job.sha512}\``);
  if (job.cancel !== null)
    lines.push(
      `cancelled via ${job.cancel.via}${job.cancel.force ? ', by force' : ''}: ${shown(job.cancel.reason ?? 'no reason given')}`,
    );
  if (job.fault !== null)
    lines.push(`${shown(job.fault.code)} (${job.fault.side ?? 'job'}): ${shown(job.fault.message)}`);
  return lines.join('\n\n');
}

/**
 * Returns a text that says how far a job is. While the transfer runs, only its heartbeats have that number.
 * The text then says where to find the heartbeats.
 */
function progressLine({ phase, bytes_copied }: JobDetails, size: number): string {
  if (phase === 'transfer') return `${bytesText(size)}; ${LIVE_JOB}`;
  return `${bytesText(bytes_copied)} of ${bytesText(size)}`;
}

/** Tells the reader of the Web UI where to find the progress of what a running task has not yet finished. */
const LIVE_TASK =
  'objects under way are not counted here: see *Heartbeat Details* under *Pending Activities*, and the child workflows. ' +
  'If the task stands still: see their *Last Failure*, and `image-replicator tasks show`';

/** Returns a task as Markdown for the Web UI. */
export function describeTask(task: TaskDetails, { isUnderWay }: { readonly isUnderWay: boolean }): string {
  const lines = [
    `**${shown(task.type)}** of ${shown(task.src_prefix || 'everything')} (share ${shown(task.share_id)}, target ${shown(task.target)})`,
    `**${task.objects_moved}** objects moved (${bytesText(task.bytes_moved)}), **${task.objects_failed}** failed`,
    ...(isUnderWay ? [LIVE_TASK] : []),
    ...task.failures
      .slice(0, 10)
      .map(({ path, code, message }) => harmlessMarkdown(`${path}: ${code}: ${message}`)),
  ];
  if (task.objects_incomplete > 0)
    lines.push(`${task.objects_incomplete} have lost some of their attributes`);
  if (task.folders_left_out > 0) lines.push(`${task.folders_left_out} empty folders were left out`);
  if (task.fault !== null) lines.push(harmlessMarkdown(`${task.fault.code}: ${task.fault.message}`));
  return lines.join('\n\n');
}

/**
 * Escapes a value of the record for Markdown, which then shows plain text. Any Temporal client may have
 * written the record, so the value may be missing, or may not be a text.
 */
function shown(value: unknown): string {
  return harmlessMarkdown(String(value ?? '?'));
}
