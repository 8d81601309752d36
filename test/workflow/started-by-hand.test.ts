import { randomUUID } from 'node:crypto';
import type { WorkflowHandle } from '@temporalio/client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { COPY_IMAGE, type JobDetails, LIMIT_BANDWIDTH, TASK_QUEUE } from '../../src/copy-job/index.ts';
import { gate, holdingTransfer } from '../support/workflow-hooks.ts';
import { detailsOf, endOf, type Rig, startRig } from '../support/workflow-rig.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig();
});
afterAll(() => rig?.stop());

test('three fields are enough to start a job, and the rest is filled in', async () => {
  const image = await rig.deployment.addImage('ot1', 1000);
  const input = { source: { region: 'ot1', image_id: image.id }, destination: { region: 'ot2' } };
  const handle = await rig.startWith(input);
  const { details } = await endOf({ handle });
  expect(details).toMatchObject({
    status: 'replicated',
    source_tenant_id: null,
    destination_tenant_id: null,
  });
  expect(details.destination_image_id).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  expect(await rig.deployment.files('ot2')).toEqual([details.destination_image_id]);

  const { searchAttributes, memo } = await handle.describe();
  expect(searchAttributes).toMatchObject({
    CopyJobStatus: ['replicated'],
    CopySourceRegion: ['ot1'],
    CopySourceImageId: [image.id],
    CopyDestinationRegion: ['ot2'],
    CopyDestinationImageId: [details.destination_image_id],
  });
  expect(memo?.job).toEqual(await detailsOf({ handle }));
});

test('a limit of bandwidth that comes with the start of a job is kept', async () => {
  const image = await rig.deployment.addImage('ot1', 1000);
  const handle = await rig.client.workflow.signalWithStart(COPY_IMAGE, {
    taskQueue: TASK_QUEUE,
    workflowId: randomUUID(),
    args: [{ source: { region: 'ot1', image_id: image.id }, destination: { region: 'ot2' } }],
    signal: LIMIT_BANDWIDTH,
    signalArgs: [1_000_000],
  });
  expect((await endOf({ handle })).details).toMatchObject({
    status: 'replicated',
    bandwidth_limit: 1_000_000,
  });
});

test('each tenant of a job is listed once, and the tenant of the destination is by default that of the source', async () => {
  const image = await rig.deployment.addImage('ot1', 1000, { owner: 'a' });
  const source = { region: 'ot1', image_id: image.id, tenant_id: 'a' };
  const own = await rig.startWith({ source, destination: { region: 'ot2' } });
  const foreign = await rig.startWith({
    source,
    destination: { region: 'ot2', tenant_id: 'b', image_name: 'its copy' },
  });
  expect((await endOf({ handle: own })).details).toMatchObject({ destination_tenant_id: 'a' });
  expect((await endOf({ handle: foreign })).details).toMatchObject({
    source_tenant_id: 'a',
    destination_tenant_id: 'b',
    destination_image_name: 'its copy',
  });
  expect((await own.describe()).searchAttributes.CopyTenants).toEqual(['a']);
  expect((await foreign.describe()).searchAttributes.CopyTenants).toEqual(['a', 'b']);
});

test('Temporal lists a running job by its status, region and image', async () => {
  const at = gate();
  const job = await rig.startJob({ source: holdingTransfer(at, 0) });
  await at.reached;
  const query = [
    `WorkflowType = 'copyImage'`,
    `CopyJobStatus = 'replicating'`,
    `CopyDestinationRegion = 'ot2'`,
    `CopySourceImageId = '${job.image.id}'`,
  ].join(' AND ');
  await expect.poll(async () => (await rig.client.workflow.count(query)).count).toBe(1);
  at.open();
  await endOf(job);
});

test("Temporal's own tools show what a job copies, how far it is, and where to read more", async () => {
  const at = gate();
  const job = await rig.startJob({ source: holdingTransfer(at, 0), size: 1000 });
  await at.reached;
  await expect
    .poll(() => heartbeatText(job.handle))
    .toMatch(/^\{"about":"0%, 0\.0 B of 1000\.0 B, 0\.0 B\/s"/);
  const { currentDetails } = await job.handle.query<{ readonly currentDetails: string }>(
    '__temporal_workflow_metadata',
  );
  const [what, state, progress] = currentDetails.split('\n\n');
  expect(what).toMatch(/ · ot1 → ot2$/);
  expect(state).toBe('**replicating**, phase: transfer');
  expect(progress).toContain('*Heartbeat Details* of `transferImage`');
  at.open();
  await endOf(job);
});

/** Returns the last heartbeat of the current step, as it was sent. */
async function heartbeatText(handle: WorkflowHandle): Promise<string | undefined> {
  const [activity] = (await handle.describe()).raw.pendingActivities ?? [];
  const data = activity?.heartbeatDetails?.payloads?.[0]?.data;
  return data ? Buffer.from(data).toString() : undefined;
}

test('a job that was cancelled before any worker ran is listed with its image and regions', async () => {
  const late = await startRig({ workers: false });
  try {
    const job = await late.startJob();
    await job.handle.signal('cancel');
    await Promise.all([late.workers.startWorkflows(), late.workers.startStores()]);
    const { closed, details } = await endOf(job);
    expect(closed).toBe('CANCELLED');
    expect(details).toMatchObject({
      status: 'canceled',
      source_image_id: job.image.id,
      source_region_id: 'ot1',
      destination_region_id: 'ot2',
    });
    expect((await job.handle.describe()).searchAttributes).toMatchObject({
      CopyJobStatus: ['canceled'],
      CopySourceImageId: [job.image.id],
      CopyDestinationRegion: ['ot2'],
    });
  } finally {
    await late.stop();
  }
});

test('the signal, the update and the query can be called by name', async () => {
  const at = gate();
  const signalled = await rig.startJob({ source: holdingTransfer(at, 0) });
  await at.reached;
  expect(await signalled.handle.query<JobDetails>('jobDetails')).toMatchObject({ status: 'replicating' });
  await signalled.handle.signal('cancel', { reason: 'by its name' });
  expect((await endOf(signalled)).details).toMatchObject({
    status: 'canceled',
    cancel: { reason: 'by its name' },
  });

  const there = gate();
  const updated = await rig.startJob({ source: holdingTransfer(there, 0) });
  await there.reached;
  const answer = await updated.handle.executeUpdate<JobDetails, [unknown]>('requestCancel', {
    args: [{ reason: 'by its name' }],
  });
  expect(answer).toMatchObject({ status: 'cancel_requested', cancel: { via: 'update' } });
  expect((await endOf(updated)).details.status).toBe('canceled');
});

test.each([
  'my copy/1',
  '../../etc/passwd',
  'копия 画像 🚚',
  "it's; DROP TABLE jobs --",
  '00112233445566778899aabbccddeeff',
  'x'.repeat(900),
])('a workflow id may be any string: %s', async (name) => {
  const workflowId = `${name} ${randomUUID()}`;
  const job = await rig.startJob({ workflowId, size: 1000 });
  expect((await endOf(job)).details).toMatchObject({ job_id: workflowId, status: 'replicated' });
  expect(await rig.traces(job)).toEqual([job.copyId]);
});
