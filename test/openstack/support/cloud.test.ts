import { randomBytes, randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { request } from 'undici';
import { expect, test } from 'vitest';
import { MIB } from '../../support/deployment.ts';
import { until } from '../../support/until.ts';
import { cloudOf } from './cloud.ts';
import { startCloud } from './cloud-process.ts';
import { killUpload, storeFiles } from './glance-state.ts';
import { addImage, callGlance, imageUrl, showImage } from './images.ts';

const cloud = cloudOf();

async function ownProject() {
  const { id, name } = await cloud.newProject({ alice: 'member' });
  return { id, token: await cloud.tokenOf('alice', name) };
}

test('an upload beyond the limit of a project is refused, and Glance reports the usage', async () => {
  const user = await ownProject();
  await cloud.setLimit(user.id, 'image_size_total', 2);
  await addImage('ot2', user, randomBytes(2 * MIB));
  await expect(addImage('ot2', user, randomBytes(MIB))).rejects.toThrow('413');
  const answer = await request(`${await imageUrl('ot2')}/v2/info/usage`, {
    headers: { 'x-auth-token': user.token },
  });
  expect(await answer.body.json()).toMatchObject({ usage: { image_size_total: { limit: 2, usage: 2 } } });
});

test('there are no limits in ot1', async () => {
  const user = await ownProject();
  await cloud.setLimit(user.id, 'image_size_total', 1);
  expect(await addImage('ot1', user, randomBytes(2 * MIB))).toMatchObject({ status: 'active' });
});

test('a Glance that is killed leaves the image in saving, and its data in the store', async () => {
  const own = await startCloud({ tokenTtl: 60 });
  try {
    const other = cloudOf(own);
    const token = await other.tokenOf('alice', 'tenant-a');
    const url = `${own.imageUrl('ot1')}/v2/images`;
    const headers = { 'x-auth-token': token, 'content-type': 'application/json' };
    const id = randomUUID();
    const body = JSON.stringify({ id, name: 'test', disk_format: 'raw', container_format: 'bare' });
    await (await request(url, { method: 'POST', headers, body })).body.dump();
    const upload = request(`${url}/${id}/file`, {
      method: 'PUT',
      headers: { ...headers, 'content-type': 'application/octet-stream' },
      body: Readable.from(endless(), { objectMode: false }),
    });
    const refused = expect(upload).rejects.toThrow();
    await until(() => killUpload('ot1', id, own.folder));
    await refused;
    const show = async () => (await (await request(`${url}/${id}`, { headers })).body.json()) as object;
    expect(await show()).toMatchObject({ status: 'saving' });
    expect(await storeFiles('ot1', own.folder)).toContain(id);
  } finally {
    await own.stop();
  }
});

test('the data of an image is removed with the image', async () => {
  const user = await ownProject();
  const { id } = await addImage('ot1', user, randomBytes(10));
  expect(await storeFiles('ot1')).toContain(id);
  await callGlance('ot1', user, 'DELETE', `/${id}`);
  expect(await storeFiles('ot1')).not.toContain(id);
  expect(await showImage('ot1', user, id)).toEqual({ status: 'gone' });
});

async function* endless() {
  for (;;) {
    yield randomBytes(MIB / 16);
    await sleep(10);
  }
}
