import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ImageRecord } from '../../src/image/index.ts';
import { type Deployment, deploy, MIB } from '../support/deployment.ts';
import { eclClient } from '../support/http.ts';
import { tokenOf } from './keystone-rig.ts';
import { cloudOf } from './support/cloud.ts';
import { addImage, callGlance, imageUrl } from './support/images.ts';
import { type Nginx, startNginx } from './support/nginx.ts';

let deployment: Deployment;
let nginx: Nginx;
let image: ImageRecord;
beforeAll(async () => {
  deployment = await deploy({ api: { source_region_by_host: { localhost: 'ot2' } } });
  await deployment.startApi();
  image = await deployment.addImage('ot2', 10);
  nginx = await startNginx(await imageUrl('ot1'), deployment.apiUrl);
});
afterAll(() => Promise.all([nginx?.stop(), deployment?.stop()]));

describe.each([
  ['an address of its own', 'url'],
  ['a path of a common address', 'pathUrl'],
] as const)('if the image endpoint has %s', (_, address) => {
  test('Glance takes a large image and returns it whole', async () => {
    const region = `nginx-${address}`;
    await cloudOf().addRegion(region, nginx[address]);
    const user = { token: await tokenOf('alice', 'tenant-a') };
    const data = randomBytes(20 * MIB + 1);

    const made = await addImage(region, user, data);

    expect(made).toMatchObject({ status: 'active', size: data.length, os_hash_value: sha512(data) });
    const answer = await fetch(`${nginx[address]}/v2/images/${made.id}/file`, {
      headers: { 'x-auth-token': user.token },
    });
    expect(sha512(Buffer.from(await answer.arrayBuffer()))).toBe(sha512(data));
    expect((await callGlance(region, user, 'DELETE', `/${made.id}`)).status).toBe(204);
  });

  test('its extension is the facade, which knows its tenants', async () => {
    const behind = { ...deployment, apiUrl: nginx[address] };
    expect(await eclClient(behind).jobs()).toBeInstanceOf(Array);
    expect((await eclClient(behind, 'unknown').list()).status).toBe(401);
  });

  test('the source is the region of the host that was called', async () => {
    const apiUrl = nginx[address].replace('127.0.0.1', 'localhost');
    const tenant = eclClient({ ...deployment, apiUrl });
    const jobId = await tenant.start({
      image_id: image.id,
      tenant_id_dst: 'tenant-a',
      region_id_dst: 'ot1',
    });
    expect((await tenant.job(jobId)).source_region_id).toBe('ot2');
  });
});

test('a refusal of the facade is passed on as it is', async () => {
  const behind = eclClient({ ...deployment, apiUrl: nginx.url });
  const answer = await behind.copy({ image_id: 'x'.repeat(100_000), tenant_id_dst: 'tenant-a' });
  expect(answer.status).toBe(413);
  expect(JSON.parse(answer.text)).toHaveProperty('title');
});

function sha512(data: Uint8Array): string {
  return createHash('sha512').update(data).digest('hex');
}
