/** Tests a deployment that encrypts: Temporal stores nothing readable, and everything of ours still works. */
import { createHash, randomBytes } from 'node:crypto';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
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

test('a job whose payloads are encrypted can be shown and listed', async () => {
  const { stdout } = await deployment.command('--json', 'show', jobId);
  expect(JSON.parse(stdout)).toMatchObject({ status: 'replicated' });
  expect(stdout).toContain(NAME);
  expect((await deployment.command('list')).stdout).toContain(jobId);
});

test('neither the history nor the memo of a job contains the name of its image', async () => {
  const raw = await deployment.temporal('workflow', 'describe', '--workflow-id', jobId, '--output', 'json');
  for (const text of [await history(jobId), raw]) {
    const payloads = [...text.matchAll(/"data": "([^"]+)"/g)].map(([, data = '']) => atob(data));
    expect([text, ...payloads].some((part) => part.includes(NAME))).toBe(false);
  }
});

test('the failure of a job is encrypted at Temporal, and the command shows it', async () => {
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

async function startCodec(...args: string[]): Promise<{ codec: TestProcess; url: string }> {
  const all = ['codec', '--port', '0', '--origin', `${ORIGIN}/`, ...args];
  const codec = spawnProcess('bin/image-replicator', all, deployment.env);
  await until(() => codec.output().includes('codec endpoint at'));
  return { codec, url: codec.output().match(/http:\S+/)?.[0] ?? '' };
}

async function bodyOfInput(): Promise<string> {
  const { events } = JSON.parse(await history(jobId)) as {
    events: { workflowExecutionStartedEventAttributes: { input: { payloads: object[] } } }[];
  };
  return JSON.stringify({ payloads: events[0]?.workflowExecutionStartedEventAttributes.input.payloads });
}

test('the codec decrypts for the pages of the Web UI and for no other pages', async () => {
  const { codec, url } = await startCodec();
  const body = await bodyOfInput();
  const ask = (path: string, init: RequestInit = {}) =>
    fetch(`${url}${path}`, { method: 'POST', body, ...init });
  const answer = await ask('/decode', { headers: { origin: ORIGIN } });
  expect(answer.headers.get('access-control-allow-origin')).toBe(ORIGIN);
  const decoded = (await answer.json()) as { payloads: { data: string }[] };
  expect(atob(decoded.payloads[0]?.data ?? '')).toContain(NAME);
  expect((await ask('/decode', { headers: { origin: 'http://evil.example' } })).status).toBe(403);
  expect((await ask('/other')).status).toBe(404);
  expect((await ask('/decode', { body: 'no JSON' })).status).toBe(400);
  await codec.stop('SIGTERM');
});

test("with a file of operators the codec decrypts only for their tokens, also for Temporal's command", async () => {
  const file = join(deployment.folder, 'operators.yaml');
  const sha256 = createHash('sha256').update('a-token').digest('hex');
  await writeFile(file, JSON.stringify({ operators: [{ name: 'ann', sha256 }] }), { mode: 0o644 });
  const { codec, url } = await startCodec('--operators', file);
  const body = await bodyOfInput();
  const statusFor = async (authorization?: string) =>
    (
      await fetch(`${url}/decode`, {
        method: 'POST',
        body,
        headers: { ...(authorization && { authorization }) },
      })
    ).status;
  expect(await statusFor()).toBe(401);
  expect(await statusFor(`Bearer ${deployment.tokens.a}`)).toBe(401);
  expect(await statusFor('Bearer a-token')).toBe(200);
  // A browser sends an OPTIONS request first, without a token.
  expect((await fetch(`${url}/decode`, { method: 'OPTIONS', headers: { origin: ORIGIN } })).status).toBe(204);
  const shown = (token: string) =>
    deployment.temporal(
      ...['workflow', 'show', '--workflow-id', jobId, '--output', 'json'],
      ...['--codec-endpoint', url, '--codec-auth', `Bearer ${token}`],
    );
  expect(atobAll(await shown('a-token'))).toContain(NAME);
  await chmod(file, 0o666);
  expect(await statusFor('Bearer a-token')).toBe(503);
  expect(codec.output()).toContain('run chmod go-w on it');
  await codec.stop('SIGTERM');
});

const atobAll = (text: string) =>
  [text, ...[...text.matchAll(/"data": "([^"]+)"/g)].map(([, data = '']) => atob(data))].join('\n');

test("the codec refuses a file of tenants' tokens as its file of operators", async () => {
  const tenants = join(deployment.folder, 'tokens.yaml');
  const { code, stderr } = await deployment.command('codec', '--origin', ORIGIN, '--operators', tenants);
  expect([code, stderr]).toEqual([6, expect.stringMatching(/tokens\.yaml cannot be used/)]);
});
