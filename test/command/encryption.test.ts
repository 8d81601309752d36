/**
 * Tests a deployment that encrypts: Temporal stores nothing that can be read, and everything of ours still
 * works.
 */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Deployment, deploy, MIB } from '../support/deployment.ts';
import { spawnProcess, type TestProcess } from '../support/process.ts';
import { until } from '../support/until.ts';

const NAME = 'a-name-that-nobody-may-read';
const ORIGIN = 'http://127.0.0.1:8233';
const config = { encryption: { key: 'k1', keys: { k1: { env: 'TEST_KEY' } } } };

let deployment: Deployment;
let jobId: string;
beforeAll(async () => {
  const env = { TEST_KEY: randomBytes(32).toString('base64') };
  deployment = await deploy({ config, env });
  await deployment.startWorker();
  const image = await deployment.addImage('ot1', MIB, { name: NAME });
  const args = ['copy', image.id, '--from', 'ot1', '--to', 'ot2', '--name', NAME];
  const { code, stdout } = await deployment.command('--json', ...args);
  expect(code).toBe(0);
  jobId = JSON.parse(stdout).job_id;
});
afterAll(() => deployment.stop());

const history = (id: string) =>
  deployment.temporal('workflow', 'show', '--workflow-id', id, '--output', 'json');

test('the job can be shown and listed', async () => {
  const { stdout } = await deployment.command('--json', 'show', jobId);
  expect(JSON.parse(stdout)).toMatchObject({ status: 'replicated' });
  expect(stdout).toContain(NAME);
  expect((await deployment.command('list')).stdout).toContain(jobId);
});

test('neither the history nor the memo of the job tells the name of its image', async () => {
  const raw = await deployment.temporal('workflow', 'describe', '--workflow-id', jobId, '--output', 'json');
  for (const text of [await history(jobId), raw]) {
    const payloads = [...text.matchAll(/"data": "([^"]+)"/g)].map(([, data = '']) => atob(data));
    expect([text, ...payloads].some((part) => part.includes(NAME))).toBe(false);
  }
});

test('why a job has failed is encrypted too, and told by the command', async () => {
  const { code, stdout, stderr } = await deployment.command(
    'copy',
    '7f3c1f2e-0000-4000-8000-000000000000',
    '--from',
    'ot1',
    '--to',
    'ot2',
  );
  expect(code).not.toBe(0);
  expect(stdout + stderr).toMatch(/no image/);
  const [row] = JSON.parse(await deployment.temporal('workflow', 'list', '--output', 'json')) as {
    execution: { workflowId: string };
  }[];
  expect(await history(row?.execution.workflowId ?? '')).not.toContain('there is no image');
});

test('the endpoint for the Web UI decrypts for its pages', async () => {
  const env = { ...deployment.env };
  const codec: TestProcess = spawnProcess(
    'bin/image-replicator',
    ['codec', '--port', '0', '--origin', ORIGIN],
    env,
  );
  await until(() => codec.output().includes('codec endpoint at'));
  const url = codec.output().match(/http:\S+/)?.[0] ?? '';
  const { events } = JSON.parse(await history(jobId)) as {
    events: { workflowExecutionStartedEventAttributes: { input: { payloads: object[] } } }[];
  };
  const payloads = events[0]?.workflowExecutionStartedEventAttributes.input.payloads;
  const body = JSON.stringify({ payloads });
  const answer = await fetch(`${url}/decode`, { method: 'POST', body });
  expect(answer.headers.get('access-control-allow-origin')).toBe(ORIGIN);
  const decoded = (await answer.json()) as { payloads: { data: string }[] };
  expect(atob(decoded.payloads[0]?.data ?? '')).toContain(NAME);
  expect((await fetch(`${url}/other`, { method: 'POST', body })).status).toBe(404);
  expect((await fetch(`${url}/decode`, { method: 'POST', body: 'no JSON' })).status).toBe(400);
  await codec.stop('SIGTERM');
});
