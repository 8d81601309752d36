/**
 * Tests that secrets stay in the files to which they belong. Secrets of every kind, made for this test, go
 * through copies that succeed, fail and are cancelled, and through requests that are refused.
 */
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadConfig } from '../../src/config/index.ts';
import { openCodec } from '../../src/temporal/index.ts';
import { MIB } from '../support/deployment.ts';
import { type Answer, type Call, eclClient, JOBS, send } from '../support/http.ts';
import { bceSigned, huaweiSigned } from '../support/signed.ts';
import { until } from '../support/until.ts';
import { type CanaryRig, type Facade, startCanaryRig } from './canary-rig.ts';
import { formsOf, SECRET_FILES, SECRETS } from './secrets.ts';
import { filesWith, textOfWorkflows } from './traces.ts';

const TASKS = '/v1/tenant-a/sfs-turbo/share/hpc-cache/task';

/** Regions whose servers refuse everything, and quote it. */
const QUOTING = ['quoting-glance', 'quoting-keystone', 'quoting-s3', 'quoting-proxy'];

let rig: CanaryRig;
let token: string;
/** Signatures that were sent to the facades. */
const signatures = new Set<string>();
/** All answers, and everything that the command has printed. */
const told: string[] = [];
beforeAll(async () => {
  rig = await startCanaryRig();
  token = rig.deployment.tokens.a;
});
afterAll(() => rig?.stop());

/** Sends a request, and keeps the answer. */
async function ask(path: string, call: Call, sign?: typeof bceSigned, to: Facade = rig.deployment) {
  const url = `${to.apiUrl}${path}`;
  const signed = sign?.(url, call, to.key) ?? call;
  const signature = /[0-9a-f]{64}$/.exec(signed.headers?.authorization ?? '')?.[0];
  if (signature !== undefined) signatures.add(signature);
  const answer = await send(url, signed);
  told.push(JSON.stringify([answer.headers, answer.text]));
  return answer;
}

function expected({ status, text }: Answer, wanted: number) {
  expect(status, text).toBe(wanted);
  return JSON.parse(text);
}

/** Orders a copy through ECL's API. Returns the id of the job. */
async function order(image_id: string, region_id_dst: string): Promise<string> {
  const body = { image_id, region_id_dst, tenant_id_dst: 'tenant-a' };
  return expected(await ask(JOBS, { method: 'POST', token, body }), 202).job_id;
}

/** Makes a copy through each API. The last one is of an object in a file share. */
async function copy(image: string): Promise<void> {
  const job = await order(image, 'ot2');
  const remote = { method: 'POST', body: { destRegion: ['bucket'] } };
  const { result } = expected(await ask(`/v2/image/${image}?remoteCopy`, remote, bceSigned), 200);
  const task = { method: 'POST', body: { type: 'import', src_target: 'training' } };
  expected(await ask(TASKS, task, huaweiSigned), 202);
  expect((await eclClient(rig.deployment).ended(job)).status).toBe('replicated');
  const path = `/v2/image/${result[0].imageId}`;
  await until(async () => (await ask(path, {}, bceSigned)).text.includes('Available'));
}

/** Waits until a job has a fault, whether it is retried or not. */
function untilTrouble(id: string): Promise<unknown> {
  return until(async () => {
    const job = expected(await ask(`${JOBS}/${id}`, { token }), 200);
    return job.fault !== null || job.last_fault !== null ? job : undefined;
  });
}

/** Cancels two copies through two APIs. Returns what Temporal has about them while they run. */
async function cancel(image: string): Promise<string> {
  const tenant = eclClient(rig.deployment);
  const jobs = [await order(image, 'slow'), await order(image, 'slow')];
  for (const id of jobs) await until(async () => (await tenant.job(id)).status === 'replicating');
  const running = await until(async () => {
    const text = await workflows();
    return text.includes('heartbeatDetails: payloads') ? text : undefined;
  });
  await ask(`${JOBS}/${jobs[0]}`, { method: 'DELETE', token });
  await ask(`/v5/tenant-a/jobs/${jobs[1]}/stop`, { method: 'POST' }, huaweiSigned);
  for (const id of jobs) expect((await tenant.ended(id)).status).toBe('canceled');
  return running;
}

async function sendBadRequests(): Promise<void> {
  const bad = SECRETS['token that is not good'];
  for (const path of [JOBS, '/v2/image/x', '/v5/tenant-a/jobs', `${TASKS}s`]) {
    await ask(path, { token: bad });
    await ask(path, { headers: { authorization: bad } });
    await ask(path, { token: bad }, undefined, rig.withKeystone);
    await ask(path, {}, path.startsWith('/v2/image') ? bceSigned : huaweiSigned, rig.withKeystone);
    await ask(`${path}?marker=x&limit=x`, { token });
    await ask(`${path}/%zz`, { token });
    await ask(path, { method: 'POST', token, body: '{"image_id": 5, "jobs": "x", "type": 1}' });
    await ask(path, { method: 'PUT', token });
  }
}

/** Runs the commands with which operators look at things. */
async function look(image: string, job: string): Promise<void> {
  const calls = [
    ['list'],
    ['--json', 'show', job],
    ['check'],
    ...QUOTING.flatMap((region) => [
      ['images', 'list', '--region', region],
      ['copy', image, '--from', region, '--to', 'ot1'],
    ]),
  ];
  for (const args of calls) {
    const { stdout, stderr } = await rig.deployment.command(...args);
    told.push(stdout, stderr);
  }
  for (const url of rig.metrics) told.push((await send(url)).text);
}

async function workflows(): Promise<string> {
  const { encryption } = await loadConfig(rig.deployment.env.IMAGE_REPLICATOR_CONFIG ?? '');
  if (encryption === null) throw new Error('nothing is encrypted');
  return textOfWorkflows(rig.deployment, await openCodec(encryption));
}

/** Waits for the span of a failed step with the message of its error, which quotes secrets. */
async function untilTraced(): Promise<void> {
  const { spans, headers } = rig.collector;
  await until(() => spans.some(({ name, status }) => name.startsWith('RunActivity:') && !!status.message));
  const password = Buffer.from(`copier:${SECRETS['password of a collector']}`).toString('base64');
  for (const secret of [SECRETS['header of a collector'], password]) expect(headers()).toContain(secret);
}

test('no secret is found outside of its own file', async () => {
  const { deployment, server, collector, processes, folders } = rig;
  const small = (await deployment.addImage('ot1', 1000, { owner: 'tenant-a' })).id;
  const large = (await deployment.addImage('ot1', 40 * MIB, { owner: 'tenant-a' })).id;
  await copy(small);
  const failing = await Promise.all(QUOTING.map((region) => order(small, region)));
  for (const id of failing) await untilTrouble(id);
  const running = await cancel(large);
  await sendBadRequests();
  await look(small, failing[0] ?? '');

  const commandLines = await Promise.all(
    processes.map(({ pid }) => readFile(`/proc/${pid}/cmdline`, 'utf8')),
  );
  for (const line of commandLines) expect(line).toMatch(/serve|worker/);
  await untilTraced();
  const traces = {
    logs: processes.map((one) => one.output()).join(''),
    answers: told.join('\n'),
    workflows: running + (await workflows()),
    spans: collector.text(),
  };
  // This shows that the traces are complete, and that the servers did receive the secrets.
  for (const [where, text] of Object.entries(traces)) expect(text, where).toContain(small);
  expect(traces.answers).toContain('image_replicator_');
  const asked = server.asked.join('\n');
  const keystone = ['/v3/auth/tokens', '/locked/v3/auth/tokens', '/v3/ec2tokens'];
  for (const call of [...keystone, '/v2/images', 'GET http://elsewhere.example/']) {
    expect(asked).toContain(call);
  }
  expect(server.signatures.length).toBeGreaterThan(0);

  const { tokens, key } = deployment;
  const secrets: readonly (readonly [string, string])[] = [
    ...Object.entries({ ...SECRETS, ...rig.keys }),
    ...Object.entries({ 'token of a tenant': tokens.a, 'token of another one': tokens.b }),
    ['secret of an access key', key.secret],
    ...[...signatures].map((signature) => ['signature for a facade', signature] as const),
    ...server.signatures.map((signature) => ['signature for S3', signature] as const),
  ];
  const leaks = secrets.flatMap(([name, secret]) =>
    Object.entries({ ...traces, 'command lines': commandLines.join('\n') }).flatMap(([where, text]) =>
      formsOf(secret)
        .map((form) => text.indexOf(form))
        .filter((at) => at >= 0)
        .map((at) => `${name} in ${where}: ${text.slice(Math.max(0, at - 300), at)}`),
    ),
  );
  expect.soft(leaks).toEqual([]);
  const forms = secrets.flatMap(([, secret]) => formsOf(secret));
  expect.soft(await filesWith(folders.secrets, forms)).toEqual(SECRET_FILES);
  expect
    .soft(await filesWith(deployment.folder, forms))
    .toEqual(['config.yaml', 'keystone.yaml', 'tokens.yaml']);
  expect.soft(await filesWith(folders.s3, forms)).toEqual([]);
});
