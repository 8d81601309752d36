/** Tests removals that reach Glance after their job was reset. */
import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { MIB } from '../support/deployment.ts';
import { until } from '../support/until.ts';
import { resetWorkflow } from '../support/workflow-reset.ts';
import type { HeldRequest } from './support/held-request.ts';
import { addImage, showImage } from './support/images.ts';
import { type ProxiedRegions, proxiedRegions } from './support/proxied-regions.ts';

const DATA = randomBytes(MIB);
/** The places in a job's history to which the tests reset it. */
const POINTS = [
  ['beginning', 'first'],
  ['transfer', { activity: 'transferImage' }],
  ['commit', { activity: 'commitImage' }],
] as const;
type Point = (typeof POINTS)[number][1];

let regions: ProxiedRegions;
let imageId: string;
beforeEach(async () => {
  regions = await proxiedRegions();
  imageId = (await addImage('ot1', regions.alice, DATA)).id;
  await regions.deployment.startWorker();
});
afterEach(() => regions.stop());

/**
 * Resets a job to a point, lets it end, and only then lets the removal of its image reach Glance. Expects
 * that the job has exactly one image then, and that it is whole.
 */
async function expectImageAfterReset(jobId: string, to: Point, removal: HeldRequest): Promise<void> {
  await resetWorkflow(regions.deployment.client, jobId, to);
  const job = await regions.alice.jobs.ended(jobId);
  expect(job).toMatchObject({ status: 'replicated', fault: null, destination_image_id: expect.any(String) });
  expect(await removal.release()).toBeOneOf([204, 404]);
  const { os_hash_value } = await showImage('ot1', regions.alice, imageId);
  const copy = await showImage('ot2', regions.alice, job.destination_image_id ?? '');
  expect(copy).toMatchObject({ status: 'active', os_hash_value });
  expect(copy).not.toHaveProperty('image_replicator_job');
  if (copy.id !== jobId) await regions.expectNothingLeft(jobId);
}

test.each(POINTS)(
  'the late removal of a commit that was cancelled harms no run after a reset to the %s',
  async (_name, to) => {
    const removal = regions.destination.holdNext('DELETE');
    regions.destination.inject({ method: 'PATCH', response: { after: 1, pause: 3000 } });
    const jobId = await regions.copy(imageId);
    await until(async () => {
      const { status, image_replicator_job } = await showImage('ot2', regions.alice, jobId);
      return status === 'active' && image_replicator_job === undefined;
    });
    expect((await regions.alice.jobs.cancel(jobId)).status).toBe(204);
    await removal.reached;
    await expectImageAfterReset(jobId, to, removal);
  },
);

test.each(POINTS)(
  'the late removal by a sweep, which comes after a late commit, harms no run after a reset to the %s',
  async (_name, to) => {
    const commit = regions.destination.holdNext('PATCH');
    const jobId = await regions.copy(imageId);
    await commit.reached;
    const { workflow } = regions.deployment.client;
    await workflow.getHandle(jobId).terminate();
    const query = `WorkflowId = "${jobId}" AND ExecutionStatus = "Terminated"`;
    await until(async () => (await workflow.count(query)).count === 1);
    const removal = regions.destination.holdNext('DELETE');
    const sweep = regions.deployment.command('sweep', '--region', 'ot2', '--grace', '0s');
    await removal.reached;
    expect(await commit.release()).toBe(200);
    await expectImageAfterReset(jobId, to, removal);
    expect((await sweep).stdout).toContain(jobId);
  },
);
