import { randomBytes } from 'node:crypto';
import { afterEach, expect, test } from 'vitest';
import type { Deployment } from '../support/deployment.ts';
import { messageOf } from '../support/http.ts';
import { deployOnCloud } from './support/glance-deployment.ts';
import { addImage } from './support/images.ts';
import { tenant } from './support/tenants.ts';

let deployment: Deployment;
afterEach(() => deployment.stop());

test.each([
  ['source', 'ot1', 'region_id_src'],
  ['destination', 'ot2', 'region_id_dst'],
])(
  "a %s that is not in the token's catalog is refused, and the message names the field",
  async (_side, region, field) => {
    deployment = await deployOnCloud({ regionNames: { [region]: 'elsewhere' } });
    await deployment.startApi();
    const alice = await tenant(deployment, 'alice', 'tenant-a');
    const image = await addImage('ot1', alice, randomBytes(1000));
    const answer = await alice.jobs.copy({ image_id: image.id, tenant_id_dst: alice.project });
    expect([answer.status, messageOf(answer)]).toEqual([400, `${field}: is not a region of your cloud`]);
  },
);

test('a region that is not configured is refused, and the message names the field', async () => {
  deployment = await deployOnCloud();
  await deployment.startApi();
  const alice = await tenant(deployment, 'alice', 'tenant-a');
  const image = await addImage('ot1', alice, randomBytes(1000));
  for (const field of ['region_id_src', 'region_id_dst']) {
    const body = { image_id: image.id, tenant_id_dst: alice.project, [field]: 'ot9' };
    const answer = await alice.jobs.copy(body);
    expect([answer.status, messageOf(answer)]).toEqual([
      400,
      `${field}: there is no region 'ot9'; use one of: ot1, ot2`,
    ]);
  }
});
