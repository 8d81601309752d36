import { afterAll, beforeAll, expect, test } from 'vitest';
import { StoreError } from '../../src/stores/index.ts';
import { until } from '../support/until.ts';
import { gate, holdingTransfer } from '../support/workflow-hooks.ts';
import { endOf, type Rig, startRig } from '../support/workflow-rig.ts';
import { bccClient } from './bcc-rig.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig();
  await rig.deployment.startApi();
});
afterAll(() => rig?.stop());

test('a copy whose image had to be replaced is found by its new id and by its job', async () => {
  const bcc = bccClient(rig.deployment);
  const at = gate();
  const openSink = async () => {
    throw new StoreError('spoilt', 'it takes no more data');
  };
  const job = await rig.startJob({
    tenant: 'tenant-a',
    source: holdingTransfer(at, 1),
    destination: { openSink },
  });
  await at.reached;
  const { workflowId } = job.handle;
  const { image } = (await bcc.show(workflowId)).body;
  expect(image).toMatchObject({ status: 'dest_copying', id: expect.any(String) });
  expect([workflowId, job.copyId]).not.toContain(image.id);
  await until(async () => (await bcc.show(image.id)).status === 200);
  await until(async () => (await bcc.show(job.copyId)).status === 404);
  expect((await bcc.cancel(image.id)).status).toBe(200);
  expect((await endOf(job)).details.status).toBe('canceled');
  expect(await rig.deployment.files('ot2')).toEqual([]);
});
