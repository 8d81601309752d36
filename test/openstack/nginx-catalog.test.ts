import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { type Deployment, MIB } from '../support/deployment.ts';
import { projectId, signInAs } from './keystone-rig.ts';
import { deployOnCloud } from './support/glance-deployment.ts';
import { addImage, imageUrl, showImage } from './support/images.ts';
import { type Nginx, startNginx } from './support/nginx.ts';
import { openstackAs, openstackAsAdmin } from './support/openstack-client.ts';
import { tenant } from './support/tenants.ts';

const PAGE = join(import.meta.dirname, '../../docs/openstack.md');
const made: string[] = [];
let deployment: Deployment;
let nginx: Nginx;
afterEach(async () => {
  // The endpoints of a service are deleted with the service.
  for (const id of made) await openstackAsAdmin('service', 'delete', id);
  await Promise.all([nginx?.stop(), deployment?.stop()]);
});

/** Returns the commands of docs/openstack.md that begin with these words, each as a list of arguments. */
async function commandsOfPage(...words: string[]): Promise<string[][]> {
  const lines = (await readFile(PAGE, 'utf8')).split('\n');
  return lines
    .filter((line) => line.startsWith(`openstack ${words.join(' ')} `))
    .map((line) =>
      [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? '').slice(1),
    );
}

test('tenants find the service in their catalog after the commands of docs/openstack.md', async () => {
  deployment = await deployOnCloud();
  await Promise.all([deployment.startWorker(), deployment.startApi()]);
  nginx = await startNginx(await imageUrl('ot1'), deployment.apiUrl);
  const [service = []] = await commandsOfPage('service', 'create');
  made.push((await openstackAsAdmin(...service, '-f', 'json')).id);
  const [endpoint = []] = await commandsOfPage('endpoint', 'create');
  const regions = { ot1: nginx.url, ot2: nginx.pathUrl };
  for (const [region, url] of Object.entries(regions)) {
    const real = (word: string) => {
      if (word === 'ot1') return region;
      return word.startsWith('https:') ? url : word;
    };
    await openstackAsAdmin(...endpoint.map(real), '-f', 'json');
  }

  const shown = await openstackAs('alice')('catalog', 'show', 'image-replicator', '-f', 'json');
  expect(shown).toMatchObject({ name: 'image-replicator', type: 'image-replicator' });
  const { body } = await signInAs('alice', 'tenant-a');
  const entry = body.token.catalog.find(({ type }: { type: string }) => type === 'image-replicator');
  for (const [region, url] of Object.entries(regions)) {
    expect(entry.endpoints).toContainEqual(
      expect.objectContaining({ region_id: region, interface: 'public', url }),
    );
    const alice = await tenant({ ...deployment, apiUrl: url }, 'alice', 'tenant-a');
    const image = await addImage('ot1', alice, randomBytes(MIB));
    const request = { image_id: image.id, tenant_id_dst: await projectId('tenant-a') };
    const jobId = await alice.jobs.start(request);
    expect(await alice.jobs.ended(jobId)).toMatchObject({ status: 'replicated' });
    expect(await showImage('ot2', alice, jobId)).toMatchObject({ status: 'active' });
  }
});
