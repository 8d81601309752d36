import type { JobDetails } from '../src/copy-job/index.ts';
import { bytesText, harmlessMarkdown } from '../src/text/index.ts';

/** Where the Web UI shows the heartbeats of a running step. */
const LIVE_PROGRESS = 'how far it is: *Heartbeat Details* of `transferImage`, under *Pending Activities*';

/**
 * Returns a job as Markdown for the Web UI. It begins with what it copies, because a job that was started by
 * hand may have no summary.
 */
export function describeJob(job: JobDetails): string {
  const lines = [
    `**${shown(job.source_image_name ?? job.source_image_id)}** · ${shown(job.source_region_id)} → ${shown(job.destination_region_id)}`,
    `**${job.status}**${job.phase === null ? '' : `, phase: ${job.phase}`}`,
  ];
  if (job.image_size !== null) lines.push(bytesOf(job, job.image_size));
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
 * Returns how far a job is. While its transfer runs, only the heartbeats have that number, so the text points
 * to them.
 */
function bytesOf({ phase, bytes_copied }: JobDetails, size: number): string {
  if (phase === 'transfer') return `${bytesText(size)}; ${LIVE_PROGRESS}`;
  return `${bytesText(bytes_copied)} of ${bytesText(size)}`;
}

/**
 * Escapes a text of the record, so that Markdown shows it and does nothing else. Any Temporal client may have
 * written that text.
 */
function shown(text: string | null): string {
  return harmlessMarkdown(String(text ?? '?'));
}
