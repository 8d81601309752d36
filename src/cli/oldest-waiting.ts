import type { Client } from '@temporalio/client';
import { COPY_IMAGE, searchAttributes } from '../copy-job/index.ts';
import { allOf, attribute, countWorkflows, listPage, visibility } from '../temporal/index.ts';

const WAITING = allOf([
  visibility`WorkflowType = ${COPY_IMAGE} AND ExecutionStatus = 'Running'`,
  visibility`${attribute(searchAttributes.status.name)} = 'replicate_requested'`,
]);
/** Ages between which the oldest is looked for; milliseconds. */
const MIN_AGE = 15_000;
const MAX_AGE = 2 ** 15 * MIN_AGE;
const PAGE = 1000;

/**
 * Returns the age of the oldest job whose copy has not begun; seconds, and zero if no job waits for it. Jobs
 * that are paused do not count. Temporal sorts by nothing, so ages are doubled until no job is so old; of
 * more than a thousand jobs between the last two ages the oldest may not be found, and the answer is then up
 * to half of its age.
 */
export async function oldestWaitingJob(client: Client): Promise<number> {
  const now = Date.now();
  const olderThan = (age: number) =>
    allOf([WAITING, visibility`StartTime <= ${new Date(now - age).toISOString()}`]);
  let age = 0;
  if ((await countWorkflows(client, olderThan(0))) === 0) return 0;
  for (let next = MIN_AGE; next < MAX_AGE; next *= 2) {
    if ((await countWorkflows(client, olderThan(next))) === 0) break;
    age = next;
  }
  const { executions } = await listPage(client, olderThan(age), PAGE);
  const oldest = Math.min(now - age, ...executions.map(({ startTime }) => startTime.getTime()));
  return (now - oldest) / 1000;
}
