import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Deployment, deploy, MIB } from '../support/deployment.ts';
import { freePort } from '../support/free-port.ts';
import type { TestProcess } from '../support/process.ts';
import { until } from '../support/until.ts';
import { ask as askPort, valueIn } from './ask.ts';
import { promtool, startPrometheus } from './prometheus.ts';

let deployment: Deployment;
let ports: { readonly serve: number; readonly worker: number };
let worker: TestProcess;
let jobId: string;
beforeAll(async () => {
  deployment = await deploy();
  ports = { serve: await freePort(), worker: await freePort() };
  await deployment.startWith('serve', { args: ['--metrics-port', String(ports.serve)] });
  worker = await deployment.startWith('worker', { args: ['--metrics-port', String(ports.worker)] });
  const { id } = await deployment.addImage('ot1', 4 * MIB);
  const { stdout } = await deployment.command('copy', id, '--from', 'ot1', '--to', 'ot2');
  jobId = JSON.parse(stdout).job_id;
  const headers = { 'X-Auth-Token': deployment.tokens.a };
  await fetch(`${deployment.apiUrl}/v2/extension/image_replicator/jobs/${jobId}`, { headers });
  await fetch(`${deployment.apiUrl}/nowhere`);
});
afterAll(() => deployment.stop());

const ask = (process: 'serve' | 'worker', path: string) => askPort(ports[process], path);

const ENDED_WELL = /^image_replicator_jobs_ended_total\{.*status="replicated".*/m;

test('a worker counts the bytes that it has copied and the jobs that have ended', async () => {
  const { body } = await until(async () => {
    const answer = await ask('worker', '/metrics');
    return ENDED_WELL.test(answer.body) && answer;
  });
  expect(valueIn(body, 'image_replicator_read_bytes_total{region="ot1"}')).toBe(4 * MIB);
  expect(valueIn(body, 'image_replicator_written_bytes_total{region="ot2"}')).toBe(4 * MIB);
  expect(valueIn(body, 'image_replicator_transfers{region="ot2"}')).toBe(0);
  expect(valueIn(body, 'image_replicator_digested_bytes_total')).toBe(4 * MIB);
  expect(valueIn(body, 'image_replicator_memory_granted_bytes')).toBe(0);
  expect(valueIn(body, 'image_replicator_memory_limit_bytes')).toBeGreaterThan(4 * MIB);
  expect(body).toMatch(/^image_replicator_part_duration_seconds_count\{side="source",region="ot1"\} [1-9]/m);
  const [ended = ''] = body.match(ENDED_WELL) ?? [];
  for (const label of ['source_region="ot1"', 'destination_region="ot2"']) expect(ended).toContain(label);
  expect(body).toMatch(/^temporal_activity_execution_latency_seconds_count/m);
});

test('the counter of failed jobs exists with 0, so that Prometheus sees the first failure', async () => {
  const failed = async () => {
    const { body } = await ask('worker', '/metrics');
    const pair = ['status="error"', 'source_region="ot1"', 'destination_region="ot2"'];
    return body
      .split('\n')
      .filter((line) => line.startsWith('image_replicator_jobs_ended_total{'))
      .filter((line) => pair.every((label) => line.includes(label)))
      .map((line) => line.split(' ').at(-1));
  };
  expect(await failed()).toEqual(['0']);
  const image_id = 'none';
  const request = { source: { region: 'ot1', image_id }, destination: { region: 'ot2' } };
  const started = { workflowId: 'fails', taskQueue: 'image-copy', args: [request] };
  await expect(deployment.client.workflow.execute('copyImage', started)).rejects.toThrow();
  await expect.poll(failed).toEqual(['1']);
});

test('a facade counts its requests by dialect and route, and reports the state of jobs and Task Queues', async () => {
  const { body } = await ask('serve', '/metrics');
  // The job belongs to an operator, so a tenant cannot see it.
  const route = '/v2/extension/image_replicator/jobs/:job_id';
  expect(body).toContain(`{dialect="ecl",method="GET",route="${route}",status="404"} 1`);
  expect(body).toContain('dialect="none",method="GET",route="none",status="404"');
  for (const name of ['jobs_paused', 'tasks_open', 'oldest_waiting_job_age_seconds'])
    expect(valueIn(body, `image_replicator_${name}`)).toBe(0);
  for (const queue of ['image-copy', 'image-copy.ot2', 'image-copy.ot2/short']) {
    expect(valueIn(body, `image_replicator_task_queue_backlog{task_queue="${queue}"}`)).toBe(0);
    expect(valueIn(body, `image_replicator_task_queue_pollers{task_queue="${queue}"}`)).toBeGreaterThan(0);
  }
});

test('no tenant, job or image appears in the metrics', async () => {
  for (const process of ['serve', 'worker'] as const) {
    const { body } = await ask(process, '/metrics');
    for (const text of [jobId, 'tenant-a', deployment.tokens.a]) expect(body).not.toContain(text);
  }
});

test.each(['serve', 'worker'] as const)('promtool finds no fault in the metrics of %s', async (process) => {
  const { body } = await ask(process, '/metrics');
  expect(await promtool(['check', 'metrics'], body)).toBe('');
});

test('a real Prometheus scrapes the facade and the worker', async () => {
  const prometheus = await startPrometheus({
    serve: [`127.0.0.1:${ports.serve}`],
    worker: [`127.0.0.1:${ports.worker}`],
  });
  try {
    const up = await until(async () => {
      const found = await prometheus.query('up == 1');
      return found.length === 2 && found;
    });
    expect(up.map(({ metric }) => metric.job).toSorted()).toEqual(['serve', 'worker']);
    const [bytes] = await prometheus.query('sum(image_replicator_read_bytes_total)');
    expect(bytes?.value).toBe(4 * MIB);
  } finally {
    await prometheus.stop();
  }
});

test('a worker is ready while it can reach its stores, and otherwise names the region', async () => {
  expect((await ask('worker', '/healthz')).status).toBe(200);
  expect((await ask('worker', '/readyz')).status).toBe(200);
  expect((await ask('serve', '/readyz')).status).toBe(200);
  const folder = join(deployment.folder, 'ot2');
  await rename(folder, `${folder}.away`);
  try {
    const { status, body } = await ask('worker', '/readyz');
    expect([status, JSON.parse(body).message]).toEqual([503, expect.stringContaining('region ot2')]);
    expect((await ask('worker', '/healthz')).status).toBe(200);
  } finally {
    await rename(`${folder}.away`, folder);
  }
});

test('`health --worker` tells whether a worker is alive', async () => {
  const health = (...args: string[]) => deployment.command('health', '--worker', ...args);
  expect((await health('--metrics-port', String(ports.worker))).code).toBe(0);
  expect((await health('--metrics-port', String(await freePort()))).code).toBe(6);
  const { code, stderr } = await health();
  expect([code, stderr]).toEqual([2, expect.stringContaining('has no `metrics`')]);
});

test('a metrics address that is in use is named, and the exit code is 2', async () => {
  const { code, stderr } = await deployment.command('worker', '--metrics-port', String(ports.worker));
  expect([code, stderr]).toEqual([
    2,
    expect.stringContaining(`metrics: 127.0.0.1:${ports.worker} is in use`),
  ]);
  expect(worker.exitCode).toBeNull();
});
