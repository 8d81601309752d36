import { afterAll, beforeAll, expect, test } from 'vitest';
import { COPY_IMAGE, type CopyRequest, TASK_QUEUE } from '../../src/copy-job/index.ts';
import type { ImageRecord } from '../../src/image/index.ts';
import { eclClient, messageOf, send } from '../support/http.ts';
import { endOf } from '../support/jobs.ts';
import { type TaskRig, taskRig } from './support.ts';

/** The record of an image, as a tenant could have put it there with tasks of its own. */
let image: ImageRecord;
let rig: TaskRig;
beforeAll(async () => {
  rig = await taskRig();
  await Promise.all([rig.deployment.startApi(), rig.deployment.startWorker()]);
  image = await rig.deployment.addImage('nas', 1000, { owner: 'tenant-a' });
});
afterAll(() => rig.deployment.stop());

test('for operators, a file of a share that looks like an image is no image', async () => {
  for (const region of ['nas', 'bucket']) {
    for (const args of [
      ['images', 'list', '--region', region],
      ['copy', image.id, '--from', region, '--to', 'other'],
      ['copy', image.id, '--from', 'other', '--to', region],
    ]) {
      const { code, stdout, stderr } = await rig.deployment.command(...args);
      expect([code, stdout]).toEqual([2, '']);
      expect(stderr).toMatch(new RegExp(`${region}'? belongs to a file share`));
    }
  }
});

test("a copy of a share's image that is started by hand fails, and says why", async () => {
  const workflowId = 'by-hand';
  const request: CopyRequest = {
    source: { region: 'nas', image_id: image.id },
    destination: { region: 'other' },
  };
  await rig.deployment.client.workflow.start(COPY_IMAGE, {
    taskQueue: TASK_QUEUE,
    workflowId,
    args: [request],
  });
  const { status, fault } = await endOf(rig.deployment, workflowId);
  expect({ status, fault }).toMatchObject({ status: 'error', fault: { code: 'invalid_request' } });
  expect(fault?.message).toContain("'nas' belongs to a file share");
});

test("for tenants, a share's region and the images in it do not exist", async () => {
  const tenant = eclClient(rig.deployment);
  const copy = { image_id: image.id, tenant_id_dst: 'tenant-a' };
  const from = await tenant.copy({ ...copy, region_id_src: 'nas', region_id_dst: 'other' });
  expect([from.status, messageOf(from)]).toEqual([
    400,
    expect.stringMatching(/^region_id_src: .*'nas'.*other$/),
  ]);
  const to = await tenant.copy({ ...copy, region_id_src: 'other', region_id_dst: 'bucket' });
  expect([to.status, messageOf(to)]).toEqual([
    400,
    expect.stringContaining("'bucket' belongs to a file share"),
  ]);
  const { tokens, apiUrl } = rig.deployment;
  const cancel = `${apiUrl}/v2/image/${image.id}?cancelRemoteCopy`;
  expect((await send(cancel, { method: 'POST', token: tokens.a })).status).toBe(404);
});
