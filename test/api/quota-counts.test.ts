/** Tests which jobs count towards the limits of a tenant. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { tenantLimits } from '../../src/config/tenant-limits.ts';
import { openQuota } from '../../src/quota/index.ts';
import { allOf, countWorkflows, OPEN, visibility } from '../../src/temporal/index.ts';
import { type Deployment, deploy } from '../support/deployment.ts';

let deployment: Deployment;
/** How far the quota's clock is ahead of Temporal's; milliseconds. */
let ahead = 0;
beforeAll(async () => {
  deployment = await deploy();
  const now = Date.now;
  vi.spyOn(Date, 'now').mockImplementation(() => now() + ahead);
});
beforeEach(() => {
  ahead = 0;
});
afterAll(async () => {
  vi.restoreAllMocks();
  await deployment?.stop();
});

/**
 * Returns a function that starts a workflow for a tenant with these limits, and a function that counts the
 * workflows that have ended. No worker takes the workflows.
 */
function startsWithin(limits: Parameters<typeof tenantLimits>[0]) {
  const type = `work-${randomUUID()}`;
  const quota = openQuota(deployment.client, tenantLimits(limits));
  const all = visibility`WorkflowType = ${type}`;
  return {
    within: <T>(start: (type: string) => Promise<T>) => quota.within('a-tenant', all, 0, () => start(type)),
    ended: () => countWorkflows(deployment.client, allOf([all, visibility`NOT ${OPEN}`])),
  };
}

const started = (type: string) =>
  deployment.client.workflow.start(type, { workflowId: randomUUID(), taskQueue: 'nobody', args: [] });

test('a job that has ended still counts for the hour, but not as open', async () => {
  const { within, ended } = startsWithin({ open_jobs: 1, jobs_per_hour: 2 });
  for (const round of [1, 2]) {
    await (await within(started)).terminate();
    await expect.poll(ended).toBe(round);
    // The quota forgets what it has started, and now relies on Temporal's list alone.
    ahead += 5000;
  }
  await expect(within(started)).rejects.toThrow('the limit jobs_per_hour of your tenant is reached: 2');
});

test('a job that is older than an hour does not count for the hour', async () => {
  const { within } = startsWithin({ open_jobs: 10, jobs_per_hour: 1 });
  await within(started);
  await expect(within(started)).rejects.toThrow('the limit jobs_per_hour of your tenant is reached: 1');
  ahead = 3_700_000;
  await within(started);
});

test('a job that could not be started does not count', async () => {
  const { within } = startsWithin({ open_jobs: 1 });
  const refused = () => within(() => Promise.reject(new Error('Temporal is away')));
  for (let round = 0; round < 3; round += 1) await expect(refused()).rejects.toThrow('Temporal is away');
  await within(started);
  await expect(within(started)).rejects.toThrow('the limit open_jobs of your tenant is reached: 1');
});
