/** Tests the events of a job, a call that we have added to NTT's API. */
import { Client, Connection } from '@temporalio/client';
import type { FastifyInstance } from 'fastify';
import { pino } from 'pino';
import { Agent, EventSource } from 'undici';
import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest';
import { createApi } from '../../src/api/index.ts';
import { tenantLimits } from '../../src/config/tenant-limits.ts';
import { createJobService, type JobView } from '../../src/job-service/index.ts';
import type { TaskService } from '../../src/task-service/index.ts';
import { type Deployment, deploy, MIB } from '../support/deployment.ts';
import { type Listener, listen } from '../support/event-stream.ts';
import { type EclClient, eclClient, JOBS, send } from '../support/http.ts';
import type { TestProcess } from '../support/process.ts';
import { until } from '../support/until.ts';
import { API_CONFIG, READER_IDENTITY, READER_TOKEN } from './refusals-rig.ts';

let deployment: Deployment;
let api: TestProcess;
let tenant: EclClient;
let image: string;
beforeAll(async () => {
  deployment = await deploy();
  [api] = await Promise.all([deployment.startApi(), deployment.startSlowWorker(250)]);
  tenant = eclClient(deployment);
  image = (await deployment.addImage('ot1', 4 * MIB, { owner: 'tenant-a' })).id;
});
afterAll(() => deployment?.stop());

const start = () => tenant.start({ image_id: image, tenant_id_dst: 'tenant-a' });
const eventsOf = (jobId: string) => `${deployment.apiUrl}${JOBS}/${jobId}/events`;

test('a tenant gets each state of its job, up to the last one', async () => {
  const jobId = await start();
  const listener = await listen(eventsOf(jobId), deployment.tokens.a);
  expect(listener.response.statusCode).toBe(200);
  expect(listener.response.headers).toMatchObject({
    'content-type': 'text/event-stream',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
  });
  expect(await listener.ended()).toBe(true);
  const events = listener.events();
  const bytes = events.map(({ job }) => job.bytes_copied);
  expect(bytes).toEqual(bytes.toSorted((one, other) => one - other));
  expect(new Set(events.map(({ id }) => id)).size).toBe(events.length);
  expect(events.length).toBeGreaterThan(1);
  const last = events.at(-1);
  expect(last?.job).toEqual(await tenant.job(jobId));
  expect(last?.job).toMatchObject({ status: 'replicated', bytes_copied: 4 * MIB });

  const again = await listen(eventsOf(jobId), deployment.tokens.a);
  expect(await again.ended()).toBe(true);
  expect(again.events()).toEqual([last]);
  const known = await send(eventsOf(jobId), {
    token: deployment.tokens.a,
    headers: { 'last-event-id': last?.id ?? '' },
  });
  expect([known.status, known.text]).toEqual([204, '']);
});

test('a stranger gets a 404, and only GET is allowed', async () => {
  const jobId = await start();
  expect((await send(eventsOf(jobId), { token: deployment.tokens.b })).status).toBe(404);
  expect((await send(eventsOf('nothing'), { token: deployment.tokens.a })).status).toBe(404);
  expect((await send(eventsOf(jobId))).status).toBe(401);
  const head = await send(eventsOf(jobId), { method: 'HEAD', token: deployment.tokens.a });
  expect([head.status, head.headers.allow]).toEqual([405, 'GET']);
});

test('an EventSource follows a job through a restart of the facade, and closes when the job has ended', async () => {
  const jobId = await start();
  const agent = new Agent();
  const signedIn = agent.compose((dispatch) => (options, handler) => {
    const headers = { ...options.headers, 'x-auth-token': deployment.tokens.a };
    return dispatch({ ...options, headers }, handler);
  });
  const source = new EventSource(eventsOf(jobId), { node: { dispatcher: signedIn } });
  const seen: JobView[] = [];
  source.onmessage = ({ data }) => void seen.push(JSON.parse(String(data)));
  await until(() => seen.length > 0);
  const before = performance.now();
  expect(await api.stop('SIGTERM')).toBe(0);
  expect(performance.now() - before).toBeLessThan(4000);
  expect(source.readyState).not.toBe(source.CLOSED);
  const told = seen.length;
  api = await deployment.startApi();
  await until(() => source.readyState === source.CLOSED);
  expect(seen.length).toBeGreaterThan(told);
  expect(seen.at(-1)).toEqual(await tenant.job(jobId));
  expect(seen.at(-1)?.status).toBe('replicated');
  await agent.close();
});

/** Serves a facade in this process that counts how often it looks at workflows. */
async function countingFacade(): Promise<{ app: FastifyInstance; client: Client; looks: () => number }> {
  const connection = await Connection.connect({ address: inject('temporalAddress') });
  const { calls } = vi.spyOn(connection.workflowService, 'describeWorkflowExecution').mock;
  const client = new Client({ connection, namespace: deployment.namespace });
  const app = await createApi(
    {
      jobs: createJobService({ client, regions: deployment.regions, limits: {} as never }),
      tasks: {} as TaskService,
      identity: READER_IDENTITY,
      config: API_CONFIG,
      regionNames: () => ['ot1', 'ot2'],
      forRequest: (_signal, work) => work(),
      limitsOf: tenantLimits({ event_streams: 1000, requests_per_second: 1e6, concurrent_requests: 1000 }),
    },
    pino({ level: 'silent' }),
  );
  await app.listen({ port: 0, host: '127.0.0.1' });
  return { app, client, looks: () => calls.length };
}

test('a thousand listeners of a job cost one look a second, and none after they have gone', async () => {
  const { app, client, looks } = await countingFacade();
  const jobId = 'a-job-without-a-worker';
  const source = { region: 'ot1', image_id: image, tenant_id: 'a-project' };
  const request = { source, destination: { region: 'ot2', tenant_id: 'a-project' } };
  const handle = await client.workflow.start('copyImage', {
    workflowId: jobId,
    taskQueue: 'nobody',
    args: [request],
    memo: { job: { job_id: jobId, source_tenant_id: 'a-project' } },
  });
  const url = `http://127.0.0.1:${(app.server.address() as { port: number }).port}${JOBS}/${jobId}/events`;
  const began = performance.now();
  const listeners: Listener[] = await Promise.all(
    Array.from({ length: 1000 }, () => listen(url, READER_TOKEN)),
  );
  await handle.cancel();
  for (const { untilShown } of listeners) await untilShown(({ status }) => status === 'cancel_requested');
  const seconds = (performance.now() - began) / 1000;
  expect(looks()).toBeGreaterThanOrEqual(2);
  expect(looks()).toBeLessThanOrEqual(seconds + 2);
  for (const { hangUp } of listeners) hangUp();
  await until(async () => {
    const before = looks();
    await new Promise((resolve) => setTimeout(resolve, 1500));
    return looks() === before;
  });
  await app.close();
  await handle.terminate();
  await (client.connection as Connection).close();
});
