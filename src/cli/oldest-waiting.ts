import type { Client } from '@temporalio/client';
import { COPY_IMAGE, searchAttributes } from '../copy-job/index.ts';
import { allOf, attribute, countWorkflows, listPage, visibility } from '../temporal/index.ts';

const WAITING = allOf([
  visibility`WorkflowType = ${COPY_IMAGE} AND ExecutionStatus = 'Running'`,
  visibility`${attribute(searchAttributes.status.name)} = 'replicate_requested'`,
]);
/** The shortest and the longest age that the search tries; milliseconds. */
const MIN_AGE = 15_000;
const MAX_AGE = 2 ** 14 * MIN_AGE;
const PAGE = 1000;

/**
 * Returns the age of the oldest job whose copy has not begun, in seconds; 0 if there is no such job. Paused
 * jobs do not count.
 *
 * Temporal cannot sort by age. So the search tries the ages 15 s, 30 s, 60 s and so on, up to three days. It
 * ends with the first age that no job has reached. Then it reads up to a thousand of the jobs that have
 * reached the age before that one. If there are more such jobs, it may miss the oldest. The result is then
 * too low: an age between the last two that were tried.
 */
export async function oldestWaitingJob(client: Client): Promise<number> {
  const now = Date.now();
  const olderThan = (age: number) =>
    allOf([WAITING, visibility`StartTime <= ${new Date(now - age).toISOString()}`]);
  let age = 0;
  if ((await countWorkflows(client, olderThan(0))) === 0) return 0;
  for (let next = MIN_AGE; next <= MAX_AGE; next *= 2) {
    if ((await countWorkflows(client, olderThan(next))) === 0) break;
    age = next;
  }
  const { executions } = await listPage(client, olderThan(age), PAGE);
  const oldest = Math.min(now - age, ...executions.map(({ startTime }) => startTime.getTime()));
  return (now - oldest) / 1000;
}
