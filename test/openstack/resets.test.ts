/** Tests jobs that are reset to their beginning, after which their image id may be used up. */
import { randomBytes, randomUUID } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { COPY_IMAGE, type JobDetails, TASK_QUEUE } from '../../src/copy-job/index.ts';
import { MIB } from '../support/deployment.ts';
import { until } from '../support/until.ts';
import { resetWorkflow } from '../support/workflow-reset.ts';
import { addImage, showImage } from './support/images.ts';
import { type ProxiedRegions, proxiedRegions } from './support/proxied-regions.ts';

let regions: ProxiedRegions;
let imageId: string;
beforeEach(async () => {
  regions = await proxiedRegions();
  imageId = (await addImage('ot1', regions.alice, randomBytes(MIB))).id;
  await regions.deployment.startWorker();
});
afterEach(() => regions.stop());

test('a job whose image was removed makes another one after a reset, and keeps it after the next reset', async () => {
  regions.destination.inject({ method: 'PATCH', request: { after: 1, pause: 3000 } });
  const jobId = await regions.copy(imageId);
  await until(() => regions.destination.count('PATCH', /./) > 0);
  expect((await regions.alice.jobs.cancel(jobId)).status).toBe(204);
  expect(await regions.alice.jobs.ended(jobId)).toMatchObject({ status: 'canceled' });
  await regions.expectNothingLeft(jobId);

  const ended = async () => {
    await resetWorkflow(regions.deployment.client, jobId, 'first');
    return regions.alice.jobs.ended(jobId);
  };
  const first = await ended();
  expect(first).toMatchObject({ status: 'replicated', fault: null });
  const copyId = first.destination_image_id ?? '';
  expect(copyId).not.toBe(jobId);
  expect(await ended()).toMatchObject({ status: 'replicated', fault: null, destination_image_id: copyId });
  const { os_hash_value } = await showImage('ot1', regions.alice, imageId);
  expect(await showImage('ot2', regions.alice, copyId)).toMatchObject({ status: 'active', os_hash_value });
});

test('a job that is reset leaves alone the image of another job that has its image id and the same bytes', async () => {
  const jobId = await regions.copy(imageId);
  expect(await regions.alice.jobs.ended(jobId)).toMatchObject({ status: 'replicated' });
  const copy = await showImage('ot2', regions.alice, jobId);

  const { client } = regions.deployment;
  const workflowId = randomUUID();
  const request = {
    source: { region: 'ot1', image_id: imageId, tenant_id: regions.alice.project },
    destination: { region: 'ot2', image_id: jobId },
  };
  await client.workflow.start(COPY_IMAGE, { taskQueue: TASK_QUEUE, workflowId, args: [request] });
  const ended = async () => {
    const handle = client.workflow.getHandle(workflowId);
    await handle.result().catch(() => {});
    return (await handle.describe()).memo?.job;
  };
  const taken = { status: 'error', fault: { code: 'conflict', side: 'destination' } };
  expect(await ended()).toMatchObject(taken);
  await resetWorkflow(client, workflowId, 'first');
  expect(await ended()).toMatchObject(taken);
  expect(await showImage('ot2', regions.alice, jobId)).toEqual(copy);
});

test('a sweep removes what a job has left that was canceled, reset and terminated', async () => {
  const { alice, deployment, destination } = regions;
  const upload = destination.holdNext('PUT');
  const jobId = await regions.copy(imageId);
  await upload.reached;
  expect((await alice.jobs.cancel(jobId)).status).toBe(204);
  expect(await alice.jobs.ended(jobId)).toMatchObject({ status: 'canceled' });
  const { workflow } = deployment.client;
  // A reset would terminate a run that has not closed yet.
  await until(async () => (await workflow.getHandle(jobId).describe()).status.name === 'CANCELLED');

  const commit = destination.holdNext('PATCH');
  const runId = await resetWorkflow(deployment.client, jobId, 'first');
  await commit.reached;
  const copyId = (await workflow.getHandle(jobId).query<JobDetails>('jobDetails')).destination_image_id ?? '';
  expect(copyId).not.toBe(jobId);
  await workflow.getHandle(jobId).terminate();
  const query = `RunId = "${runId}" AND ExecutionStatus = "Terminated"`;
  await until(async () => (await workflow.count(query)).count === 1);
  expect((await deployment.command('sweep', '--region', 'ot2', '--grace', '0s')).stdout).toContain(copyId);
  await commit.release();
  await regions.expectNothingLeft(copyId);
});
