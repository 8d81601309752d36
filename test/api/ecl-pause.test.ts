/** Tests that a tenant can pause its own job and resume it, with calls that we have added to NTT's API. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Deployment, deploy, MIB } from '../support/deployment.ts';
import { type Call, type EclClient, eclClient, JOBS, messageOf, send } from '../support/http.ts';
import { bytesWritten, untilWritten } from '../support/jobs.ts';
import { until } from '../support/until.ts';

let deployment: Deployment;
let tenant: EclClient;
let image: string;
beforeAll(async () => {
  deployment = await deploy();
  await Promise.all([deployment.startSlowWorker(500), deployment.startApi()]);
  tenant = eclClient(deployment);
  image = (await deployment.addImage('ot1', 64 * MIB, { owner: 'tenant-a' })).id;
});
afterAll(() => deployment?.stop());

const post = (jobId: string, action: 'pause' | 'resume', call: Call = {}) =>
  send(`${deployment.apiUrl}${JOBS}/${jobId}/${action}`, {
    method: 'POST',
    token: deployment.tokens.a,
    ...call,
  });

/** Waits until everything on its way has been written. Returns the number of bytes. */
async function atRest(jobId: string): Promise<number> {
  let before = -1;
  await until(async () => {
    await sleep(1500);
    const now = await bytesWritten(deployment, jobId);
    const isAtRest = now === before;
    before = now;
    return isAtRest;
  });
  return before;
}

test('a tenant pauses its job, sees who has paused it and why, and resumes it', async () => {
  const jobId = await tenant.start({ image_id: image, tenant_id_dst: 'tenant-a' });
  await untilWritten(deployment, jobId, MIB);
  const paused = await post(jobId, 'pause', { body: { reason: 'the line is needed' } });
  expect([paused.status, paused.text]).toEqual([204, '']);
  const written = await atRest(jobId);
  expect(written).toBeLessThan(64 * MIB);
  expect(await tenant.job(jobId)).toMatchObject({
    status: 'replicating',
    paused: true,
    pause: { by: 'tenant tenant-a', reason: 'the line is needed', at: expect.stringMatching(/^20.+Z$/) },
    fault: null,
    last_fault: null,
  });
  await expect.poll(async () => (await tenant.jobs()).map(({ paused: is }) => is)).toEqual([true]);
  expect((await post(jobId, 'pause')).status).toBe(204);
  expect((await post(jobId, 'resume')).status).toBe(204);
  expect(await tenant.ended(jobId)).toMatchObject({ status: 'replicated', paused: false, pause: null });
  const late = await post(jobId, 'pause');
  expect([late.status, messageOf(late)]).toEqual([409, 'the job is replicated: it cannot be paused']);
});

test('only a tenant of the job may pause it, and a bad body is refused', async () => {
  const jobId = await tenant.start({ image_id: image, tenant_id_dst: 'tenant-a' });
  const stranger = await post(jobId, 'pause', { token: deployment.tokens.b });
  expect(stranger.status).toBe(404);
  const wrong = await post(jobId, 'pause', { body: { reason: 5 } });
  expect([wrong.status, messageOf(wrong)]).toEqual([
    400,
    'reason: has to be a text of at most 512 characters; got 5',
  ]);
  expect((await tenant.job(jobId)).paused).toBe(false);
  await tenant.cancel(jobId);
});
