import { createHash, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Deployment, deploy, MIB } from '../support/deployment.ts';
import { freePort } from '../support/free-port.ts';
import { JOBS, send } from '../support/http.ts';
import { until } from '../support/until.ts';
import { AUTH_URL } from './keystone-rig.ts';
import { addImage, callGlance, imageUrl, showImage } from './support/images.ts';
import { type Nginx, startNginx } from './support/nginx.ts';
import { type RegionInFront, regionInFront } from './support/regions-in-front.ts';
import { type Tenant, tenant } from './support/tenants.ts';

/** Two regions that can be reached only through nginx: one at an address of its own, and one at a path. */
let fronts: readonly [Nginx, Nginx];
let regions: readonly [RegionInFront, RegionInFront];
let deployment: Deployment;
/** Alice as a client of the address of each region. */
let atOt1: Tenant;
let atOt2: Tenant;

beforeAll(async () => {
  const port = await freePort();
  const facade = `http://127.0.0.1:${port}`;
  const glances = [await imageUrl('ot1'), await imageUrl('ot2')] as const;
  fronts = [await startNginx(glances[0], facade), await startNginx(glances[1], facade)];
  regions = [await regionInFront(fronts[0].url), await regionInFront(fronts[1].pathUrl)];
  const store = (region_name: string) => ({ store: { driver: 'glance', cloud: 'copier', region_name } });
  deployment = await deploy({
    // The facade takes the source region from the name of the host that a client calls.
    api: { port, source_region_by_host: { '127.0.0.1': 'ot1', localhost: 'ot2' } },
    config: {
      regions: { ot1: store(regions[0].name), ot2: store(regions[1].name) },
      identity: { driver: 'keystone', auth_url: AUTH_URL },
    },
    env: { OS_CLIENT_CONFIG_FILE: join(process.env.OPENSTACK_TEST_DIR ?? '', 'clouds.yaml') },
  });
  await Promise.all([deployment.startWorker(), deployment.startApi()]);
  const at = (apiUrl: string) => tenant({ ...deployment, apiUrl }, 'alice', 'tenant-a');
  [atOt1, atOt2] = [await at(fronts[0].url), await at(fronts[1].pathUrl.replace('127.0.0.1', 'localhost'))];
});
afterAll(async () => {
  await deployment?.stop();
  await Promise.all(
    [...(regions ?? []), ...(fronts ?? [])].map((one) => ('stop' in one ? one.stop() : one.remove())),
  );
});

const at = (region: 'ot1' | 'ot2') => (region === 'ot1' ? atOt1 : atOt2);
const nameOf = (region: 'ot1' | 'ot2') => regions[region === 'ot1' ? 0 : 1].name;

describe.each([
  ['ot1', 'ot2'],
  ['ot2', 'ot1'],
] as const)('at the image endpoint of %s', (source, destination) => {
  test('a copy of 40 MiB goes to the other region, through nginx on both sides', async () => {
    const alice = at(source);
    const data = randomBytes(40 * MIB);
    const image = await addImage(nameOf(source), alice, data, { os_distro: 'debian' });
    const jobId = await alice.jobs.start({ image_id: image.id, tenant_id_dst: alice.project });
    expect(await alice.jobs.ended(jobId)).toMatchObject({
      status: 'replicated',
      // The source is the region whose host was called.
      source_region_id: source,
      destination_region_id: destination,
      sha512: createHash('sha512').update(data).digest('hex'),
      verified_by: 'sha512',
      last_fault: null,
    });
    const copy = await showImage(destination, alice, jobId);
    expect(copy).toMatchObject({ status: 'active', size: data.length, os_distro: 'debian' });
    await callGlance(source, alice, 'DELETE', `/${image.id}`);
    await callGlance(destination, alice, 'DELETE', `/${jobId}`);
  });

  test('a cancelled copy leaves nothing', async () => {
    const alice = at(source);
    const image = await addImage(nameOf(source), alice, Buffer.alloc(512 * MIB));
    const jobId = await alice.jobs.start({ image_id: image.id, tenant_id_dst: alice.project });
    await until(async () => (await alice.jobs.job(jobId)).status === 'replicating');
    expect((await alice.jobs.cancel(jobId)).status).toBe(204);
    expect(await alice.jobs.ended(jobId)).toMatchObject({ status: 'canceled' });
    expect(await showImage(destination, alice, jobId)).toEqual({ status: 'gone' });
    await callGlance(source, alice, 'DELETE', `/${image.id}`);
  });

  test('the list can be read page by page with the links to the next page', async () => {
    const alice = at(source);
    const own = source === 'ot1' ? fronts[0].url : fronts[1].pathUrl;
    const image = await addImage(nameOf(source), alice, randomBytes(10));
    for (let more = 2; more > 0; more -= 1) {
      await alice.jobs.ended(await alice.jobs.start({ image_id: image.id, tenant_id_dst: alice.project }));
    }
    const ids = new Set<string>();
    for (let url = `${own}${JOBS}?limit=1`; url !== ''; ) {
      expect(url.startsWith(`${own}${JOBS}?`)).toBe(true);
      const answer = await send(url, { token: alice.token });
      expect(answer.status).toBe(200);
      for (const { job_id } of JSON.parse(answer.text)) ids.add(job_id);
      const link = /^<(.*)>; rel="next"$/.exec(String(answer.headers.link ?? ''))?.[1];
      url = link === undefined ? '' : new URL(link, url).href;
    }
    expect([...ids].sort()).toEqual((await alice.jobs.jobs()).map(({ job_id }) => job_id).sort());
    expect(ids.size).toBeGreaterThanOrEqual(2);
  });
});

test('a caller without a good token gets the answer of the facade', async () => {
  const answer = await send(`${fronts[1].pathUrl}${JOBS}`, { token: 'nobody-has-this-one' });
  expect([answer.status, answer.headers['www-authenticate']]).toEqual([
    401,
    `Keystone uri="${AUTH_URL.replace('/v3', '')}"`,
  ]);
});
