import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { ask } from '../metrics/ask.ts';
import { type Deployment, deploy } from '../support/deployment.ts';
import { freePort } from '../support/free-port.ts';
import { JOBS, send } from '../support/http.ts';
import { startTemporalServer, type TemporalServer } from '../support/temporal-server.ts';

const SHARE = 'a-share';
const ID = randomUUID();
const CACHE = `/v1/tenant-a/sfs-turbo/${SHARE}/hpc-cache`;

let folder: string;
let server: TemporalServer;
let deployment: Deployment;
let metricsPort: number;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'image-replicator-test-'));
  server = await startTemporalServer(inject('temporalProgram'), join(folder, 'temporal.db'));
  deployment = await deploy({
    address: server.address,
    regions: ['ot1', 'ot2', 'nas', 'bucket'],
    config: {
      shares: { [SHARE]: { region: 'nas', targets: { training: 'bucket' }, tenants: ['tenant-a'] } },
    },
  });
  metricsPort = await freePort();
  await deployment.startWith('serve', { args: ['--metrics-port', String(metricsPort)] });
});
afterAll(async () => {
  await deployment.stop();
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

const CALLS: readonly [string, string, unknown?][] = [
  ['GET', JOBS],
  ['GET', `${JOBS}/${ID}`],
  ['DELETE', `${JOBS}/${ID}`],
  ['GET', `/v2/image/${ID}`],
  ['POST', `/v2/image/${ID}?cancelRemoteCopy`],
  ['GET', '/v5/tenant-a/jobs'],
  ['GET', `/v5/tenant-a/jobs/${ID}`],
  ['POST', `/v5/tenant-a/jobs/${ID}/stop`, {}],
  ['GET', `${CACHE}/tasks`],
  ['GET', `${CACHE}/task/${ID}`],
  ['DELETE', `${CACHE}/task/${ID}`],
  ['POST', `${CACHE}/task`, { type: 'import', src_target: 'training' }],
];

test('while Temporal is away, every dialect says so within 5 s, and /readyz within 2 s', async () => {
  const image = await deployment.addImage('ot1', 10);
  const copy = { image_id: image.id, tenant_id_dst: 'tenant-a' };
  const calls: typeof CALLS = [...CALLS, ['POST', JOBS, copy]];
  const timed = async (method: string, path: string, body?: unknown) => {
    const since = Date.now();
    const { status } = await send(`${deployment.apiUrl}${path}`, {
      method,
      token: deployment.tokens.a,
      ...(body !== undefined && { body }),
    });
    return { call: `${method} ${path}`, status, time: Date.now() - since };
  };
  await server.restart(async () => {
    const answers = await Promise.all(calls.map((call) => timed(...call)));
    expect(answers.filter(({ status }) => status !== 503)).toEqual([]);
    expect(answers.filter(({ time }) => time > 5000)).toEqual([]);
    const ready = await timed('GET', '/readyz');
    expect(ready.status).toBe(503);
    expect(ready.time).toBeLessThan(2000);
    expect((await timed('GET', '/healthz')).status).toBe(200);
  });
  await expect.poll(async () => (await timed('GET', JOBS)).status).toBe(200);
});

test('while Temporal is away, metrics come within 5 s, without those that only Temporal knows', async () => {
  await server.restart(async () => {
    const since = Date.now();
    const { status, body } = await ask(metricsPort, '/metrics');
    expect(Date.now() - since).toBeLessThan(5000);
    expect(status).toBe(200);
    expect(body).toMatch(/^image_replicator_http_requests_total\{/m);
    expect(body).not.toMatch(/^image_replicator_tasks_open /m);
  });
});
