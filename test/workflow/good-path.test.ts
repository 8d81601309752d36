import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { gate, holding, holdingTransfer } from '../support/workflow-hooks.ts';
import { detailsOf, endOf, type Rig, startRig } from '../support/workflow-rig.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig();
});
afterAll(() => rig?.stop());

test('a job without trouble ends as replicated, with at most 40 events in its history', async () => {
  const job = await rig.startJob();
  const result = await job.handle.result();
  const { closed, status, details } = await endOf(job);
  expect({ closed, status }).toEqual({ closed: 'COMPLETED', status: 'replicated' });
  expect(details).toEqual(result);
  expect(details).toMatchObject({
    job_id: job.handle.workflowId,
    status: 'replicated',
    copy_progress: 100,
    source_image_id: job.image.id,
    source_image_name: job.image.name,
    source_region_id: 'ot1',
    destination_image_id: job.copyId,
    destination_region_id: 'ot2',
    image_size: job.image.size,
    bytes_copied: job.image.size,
    sha512: job.image.os_hash_value,
    phase: null,
    fault: null,
    cancel: null,
  });
  const { events } = await job.handle.fetchHistory();
  expect(events?.length).toBeLessThanOrEqual(40);
});

test('a commit may take as long as a transfer while its worker is alive', async () => {
  const job = await rig.startJob();
  await endOf(job);
  const { events } = await job.handle.fetchHistory();
  const timeouts = new Map(
    events?.map(({ activityTaskScheduledEventAttributes: step }) => [
      step?.activityType?.name,
      step?.startToCloseTimeout?.seconds,
    ]),
  );
  expect(timeouts.get('transferImage')).toBeDefined();
  expect(timeouts.get('commitImage')).toEqual(timeouts.get('transferImage'));
});

test('the copy has the bytes of its source, and a record of its own', async () => {
  const job = await rig.startJob();
  await endOf(job);
  const folder = join(rig.deployment.folder, 'ot2', job.copyId);
  const sha512 = createHash('sha512').update(await readFile(join(folder, 'data')));
  expect(sha512.digest('hex')).toBe(job.image.os_hash_value);
  const store = rig.deployment.regions.get('ot2')?.store;
  const copy = await store?.inspect({ image_id: job.copyId, tenant_id: null });
  expect(copy?.record).toMatchObject({ id: job.copyId, name: job.image.name, size: job.image.size });
});

test('an empty image is copied', async () => {
  const job = await rig.startJob({ size: 0 });
  expect((await endOf(job)).details).toMatchObject({
    status: 'replicated',
    copy_progress: 100,
    image_size: 0,
  });
});

test('until its first part moves, a job is replicate_requested, and its details name the phase', async () => {
  const [inspect, prepare, transfer, commit] = [gate(), gate(), gate(), gate()];
  const job = await rig.startJob({
    source: { ...holding('inspect', inspect), ...holdingTransfer(transfer, 1) },
    destination: { ...holding('prepare', prepare), ...holding('commit', commit) },
  });

  await inspect.reached;
  expect(await detailsOf(job)).toMatchObject({
    status: 'replicate_requested',
    phase: 'inspect',
    destination_image_id: null,
    image_size: null,
  });
  inspect.open();

  await prepare.reached;
  expect(await detailsOf(job)).toMatchObject({
    status: 'replicate_requested',
    phase: 'prepare',
    destination_image_id: null,
    image_size: job.image.size,
    source_image_name: job.image.name,
  });
  prepare.open();

  await transfer.reached;
  expect(await detailsOf(job)).toMatchObject({
    status: 'replicating',
    phase: 'transfer',
    destination_image_id: job.copyId,
  });
  transfer.open();

  await commit.reached;
  expect(await detailsOf(job)).toMatchObject({
    status: 'replicating',
    phase: 'commit',
    copy_progress: 99,
    bytes_copied: job.image.size,
    sha512: job.image.os_hash_value,
  });
  commit.open();

  expect((await endOf(job)).status).toBe('replicated');
});
