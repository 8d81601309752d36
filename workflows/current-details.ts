import type { JobDetails } from '../src/copy-job/index.ts';
import { harmlessMarkdown } from '../src/text/index.ts';

/** Returns a job as Markdown for the Web UI. */
export function describeJob(job: JobDetails): string {
  const lines = [
    `**${job.status}**${job.phase === null ? '' : `, phase: ${job.phase}`}`,
    `${shown(job.source_image_name ?? job.source_image_id)}: ${shown(job.source_region_id)} → ${shown(job.destination_region_id)}`,
  ];
  if (job.image_size !== null) lines.push(`${job.bytes_copied} of ${job.image_size} bytes on record`);
  if (job.sha512 !== null) lines.push(`sha512 \`${job.sha512}\``);
  if (job.cancel !== null)
    lines.push(
      `cancelled via ${job.cancel.via}${job.cancel.force ? ', by force' : ''}: ${shown(job.cancel.reason ?? 'no reason given')}`,
    );
  if (job.fault !== null)
    lines.push(`${shown(job.fault.code)} (${job.fault.side ?? 'job'}): ${shown(job.fault.message)}`);
  return lines.join('\n\n');
}

/** Returns a recorded text as Markdown that only shows it: a foreign client may have put it there. */
function shown(text: string | null): string {
  return harmlessMarkdown(String(text ?? '?'));
}
