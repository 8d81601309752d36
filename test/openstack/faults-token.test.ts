import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Deployment, MIB } from '../support/deployment.ts';
import { eclClient } from '../support/http.ts';
import { until } from '../support/until.ts';
import { type Cloud, cloudOf } from './support/cloud.ts';
import { type CloudProcess, startCloud } from './support/cloud-process.ts';
import { deployOnCloud } from './support/glance-deployment.ts';
import { addImage, callGlance, showImage } from './support/images.ts';
import { type FaultyProxy, startProxy } from './support/proxy.ts';

const FILE = /\/file$/;

let own: CloudProcess;
let cloud: Cloud;
let source: FaultyProxy;
let deployment: Deployment;
beforeAll(async () => {
  own = await startCloud({ tokenTtl: 60 });
  cloud = cloudOf(own);
  source = await startProxy(own.imageUrl('ot1'));
  await cloud.addRegion('slow', source.url);
  deployment = await deployOnCloud({ cloud: own, regionNames: { ot1: 'slow' } });
  await Promise.all([deployment.startApi(), deployment.startWorker()]);
});
afterAll(async () => {
  await deployment?.stop();
  await source?.close();
  await own?.stop();
});

test('a copy goes on after the first tokens of the tenant and of the copier have expired', async () => {
  const signIn = async () => ({ token: await cloud.tokenOf('alice', 'tenant-a') });
  const alice = await signIn();
  const image = await addImage(own.imageUrl('ot1'), alice, randomBytes(40 * MIB));
  // The beginning of the data comes, and then nothing for a long time. The upload has to be kept alive.
  source.inject({ method: 'GET', path: FILE, times: 5, response: { after: 2 * MIB, pause: null } });
  source.inject({ method: 'GET', path: FILE, times: 1000, status: 503 });
  const project = await cloud.projectId('tenant-a');
  const jobId = await eclClient(deployment, alice.token).start({
    image_id: image.id,
    tenant_id_dst: project,
  });
  const isRefused = async () => {
    const { status } = await callGlance(own.imageUrl('ot2'), alice, 'GET', '?limit=1');
    return status === 401;
  };
  await until(isRefused, 120_000);
  source.heal();
  await deployment.client.workflow.getHandle(jobId).result();
  const { token } = await signIn();
  const job = await eclClient(deployment, token).job(jobId);
  expect(job).toMatchObject({ status: 'replicated', attempt: null, sha512: image.os_hash_value });
  const copy = await showImage(own.imageUrl('ot2'), { token }, jobId);
  expect(copy).toMatchObject({ status: 'active', os_hash_value: image.os_hash_value });
});
