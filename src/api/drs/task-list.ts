import type { Static } from 'typebox';
import type { JobView } from '../../job-service/index.ts';
import { type ListedTask, nameOf, toListed } from './job-json.ts';
import { JOB_STATES } from './job-state.ts';
import type { ListQuerystring } from './schemas.ts';

type TaskQuery = Static<typeof ListQuerystring>;

/**
 * Tells whether the filter `name` of a list matches a task. The filter is a part of a name, or one or more
 * ids, separated by commas.
 */
export function isNamed(job: JobView, name: string): boolean {
  return nameOf(job).includes(name) || name.split(',').includes(job.job_id);
}

/** Returns the tasks that a query of version 5 matches, on all pages, in the order that it asks for. */
export function selectTasks(jobs: readonly JobView[], query: TaskQuery): ListedTask[] {
  const { name = '', status, sort_key, sort_dir = 'desc' } = query;
  const states = status?.split(',');
  const found = jobs.filter(
    (job) => isNamed(job, name) && (states === undefined || states.includes(JOB_STATES[job.status])),
  );
  const direction = sort_dir === 'asc' ? 1 : -1;
  return found.map(toListed).sort((one, other) => direction * compare(one, other, sort_key));
}

/** Compares tasks by a key. Those that have the same value, or none, are compared by their creation time. */
function compare(one: ListedTask, other: ListedTask, key: TaskQuery['sort_key']): number {
  const byTime = one.create_time.localeCompare(other.create_time);
  return key === 'name' || key === 'status' ? one[key].localeCompare(other[key]) || byTime : byTime;
}
