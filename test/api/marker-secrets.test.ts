/** Tests that only facades with the same `api.secret` accept each other's markers. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { type Deployment, deploy } from '../support/deployment.ts';
import { freePort } from '../support/free-port.ts';
import { eclClient, messageOf } from '../support/http.ts';

let deployment: Deployment;
beforeAll(async () => {
  deployment = await deploy();
});
afterAll(() => deployment?.stop());

/** Starts another facade, and returns a client of it. */
async function facadeWith(api: { readonly secret?: string | object }, variables: NodeJS.ProcessEnv = {}) {
  const { folder, env } = deployment;
  const port = await freePort();
  const config = parse(await readFile(env.IMAGE_REPLICATOR_CONFIG ?? '', 'utf8'));
  const file = join(folder, `config-${port}.yaml`);
  await writeFile(file, stringify({ ...config, api: { ...config.api, port, ...api } }));
  await deployment.startWith('serve', { env: { ...variables, IMAGE_REPLICATOR_CONFIG: file } });
  return eclClient({ ...deployment, apiUrl: `http://127.0.0.1:${port}` });
}

test("facades accept each other's markers only if they share a secret", async () => {
  const secret = 's'.repeat(32);
  await writeFile(join(deployment.folder, 'secret'), `${secret}\n`);
  const [one, two, three, other, none] = await Promise.all([
    facadeWith({ secret }),
    facadeWith({ secret: { file: 'secret' } }),
    facadeWith({ secret: { env: 'API_SECRET' } }, { API_SECRET: secret }),
    facadeWith({ secret: 't'.repeat(32) }),
    facadeWith({}),
  ]);
  const { id } = await deployment.addImage('ot1', 10);
  for (let job = 0; job < 2; job += 1) await one.start({ image_id: id, tenant_id_dst: 'tenant-a' });
  await expect.poll(async () => (await one.jobs()).length).toBe(2);
  const next = /^<([^>]+)>; rel="next"$/.exec(String((await one.list('?limit=1')).headers.link))?.[1];
  for (const friend of [two, three]) {
    const page = await friend.list(next);
    expect([page.status, JSON.parse(page.text).length]).toEqual([200, 1]);
  }
  for (const stranger of [other, none]) {
    const answer = await stranger.list(next);
    expect([answer.status, messageOf(answer)]).toEqual([400, expect.stringMatching(/^marker: /)]);
  }
});
