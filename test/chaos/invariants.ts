import { isFinal, type JobStatus } from '../../src/copy-job/index.ts';
import type { Look } from './end.ts';
import type { Seen } from './watch.ts';

/** The statuses to which each status may change. Statuses in between may have been missed. */
const NEXT: Readonly<Record<JobStatus, readonly JobStatus[]>> = {
  replicate_requested: ['replicating', 'error', 'cancel_requested'],
  replicating: ['replicated', 'error', 'cancel_requested'],
  replicated: [],
  cancel_requested: ['canceling'],
  canceling: ['canceled'],
  canceled: [],
  error: [],
};

/**
 * The statuses to which a reset may lead back. They include `cancel_requested`, because the new run may
 * accept an earlier cancel again.
 */
const BEFORE_A_RESET: readonly JobStatus[] = ['replicate_requested', 'replicating', 'cancel_requested'];

/** The acts of operators on a job, apart from cancels. */
interface Done {
  /** True if a reset may have let the job begin again. */
  readonly again?: boolean;
  /** True if the job was terminated, which makes it `error` from any status. */
  readonly terminated?: boolean;
}

/** Lists the changes of status that no job may make. */
export function badTransitions(seen: readonly Seen[], { again, terminated }: Done = {}): string[] {
  return pairs(seen).flatMap(([before, after]) => {
    if (before.status === after.status || leadsTo(before.status, after.status)) return [];
    if (terminated && after.status === 'error' && !isFinal(before.status)) return [];
    if (again && (BEFORE_A_RESET.includes(after.status) || isFinal(before.status))) return [];
    return [`the status went from ${before.status} to ${after.status}`];
  });
}

function leadsTo(from: JobStatus, to: JobStatus): boolean {
  return NEXT[from].some((next) => next === to || leadsTo(next, to));
}

/**
 * Lists each fall of a job's progress. A fall from a final status to a status that is not final is left out,
 * because a job that is reset begins at zero again.
 */
export function fallingProgress(seen: readonly Seen[]): string[] {
  return pairs(seen)
    .filter(([before, after]) => after.progress < before.progress)
    .filter(([before, after]) => !isFinal(before.status) || isFinal(after.status))
    .map(
      ([before, after]) =>
        `copy_progress went down from ${before.progress} (${before.status}) to ${after.progress} (${after.status})`,
    );
}

/**
 * Lists what is wrong with the destination after the job has ended with this status.
 *
 * @param allowed the sha512 of an image that may exist in any case
 */
export function wrongImages(
  status: JobStatus,
  wanted: { readonly id: string; readonly sha512: string },
  old: { readonly sha512: string } | null,
  { images }: Look,
  allowed: string | null = null,
): string[] {
  const what = old === null ? 'image' : 'object';
  const kept = status === 'replicated' ? wanted : old && { ...wanted, ...old };
  const problems = images.flatMap(({ id, sha512, bytes }) => {
    if (sha512 === allowed) return [];
    if (kept === null || id !== kept.id) return [`an ${what} after ${status}: ${id} (${bytes} bytes)`];
    return sha512 === kept.sha512 ? [] : [`after ${status} the ${what} has other bytes (${bytes})`];
  });
  if (kept !== null && !images.some(({ id }) => id === kept.id)) problems.push(`no ${what} after ${status}`);
  return problems;
}

export function unended(status: JobStatus, ends: readonly JobStatus[]): string[] {
  if (!isFinal(status)) return [`the job has not ended: ${status}`];
  return ends.includes(status) ? [] : [`the job ended as ${status}, and not as ${ends.join(' or ')}`];
}

function pairs(seen: readonly Seen[]): (readonly [Seen, Seen])[] {
  return seen.slice(1).flatMap((after, index) => {
    const before = seen[index];
    return before === undefined ? [] : [[before, after] as const];
  });
}
