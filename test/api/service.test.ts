import { once } from 'node:events';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { type Deployment, deploy } from '../support/deployment.ts';
import { eclClient, JOBS, messageOf, send } from '../support/http.ts';
import type { TestProcess } from '../support/process.ts';
import { until } from '../support/until.ts';

let deployment: Deployment;
let api: TestProcess;
beforeAll(async () => {
  deployment = await deploy();
  api = await deployment.startApi();
});
afterAll(() => deployment.stop());

const get = (path: string) => send(`${deployment.apiUrl}${path}`);

test('/healthz and /readyz need no token', async () => {
  for (const path of ['/healthz', '/readyz']) {
    const answer = await get(path);
    expect([answer.status, JSON.parse(answer.text)]).toEqual([200, { status: 'ok' }]);
  }
});

test.each<[string, (file: string) => Promise<void>]>([
  ['is gone', (file) => rename(file, `${file}.gone`)],
  ['cannot be understood', (file) => writeFile(file, 'tokens: [')],
  ['holds a token in the clear', (file) => writeFile(file, 'tokens: [{ token: x, tenant_id: y }]')],
])('while the token file %s, every caller gets a 503 rather than a 401', async (_name, spoil) => {
  const file = join(deployment.folder, 'tokens.yaml');
  const before = await readFile(file, 'utf8');
  await spoil(file);
  try {
    expect((await get('/readyz')).status).toBe(503);
    expect((await get('/healthz')).status).toBe(200);
    const answer = await eclClient(deployment).list();
    expect(answer.status).toBe(503);
    expect(messageOf(answer)).toContain('try again');
    expect(answer.text).not.toContain(deployment.folder);
  } finally {
    await writeFile(file, before, { mode: 0o600 });
  }
  expect((await get('/readyz')).status).toBe(200);
  expect((await eclClient(deployment).list()).status).toBe(200);
});

test('/openapi.json is OpenAPI 3.1 and describes each operation', async () => {
  const answer = await get('/openapi.json');
  expect(answer.status).toBe(200);
  const { openapi, info, paths, components } = JSON.parse(answer.text);
  expect(openapi).toMatch(/^3\.1\./);
  expect(info).toMatchObject({ title: 'image-replicator', version: packageJson.version });
  expect(Object.keys(paths[JOBS]).sort()).toEqual(['get', 'post']);
  expect(Object.keys(paths[`${JOBS}/{job_id}`]).sort()).toEqual(['delete', 'get']);
  for (const name of ['pause', 'resume'])
    expect(Object.keys(paths[`${JOBS}/{job_id}/${name}`])).toEqual(['post']);
  const { get: events } = paths[`${JOBS}/{job_id}/events`];
  expect(Object.keys(events.responses['200'].content)).toEqual(['text/event-stream']);
  const { post } = paths[JOBS];
  expect(Object.keys(post.responses)).toContain('202');
  expect(post.requestBody.content['application/json'].schema.required).toEqual(['image_id', 'tenant_id_dst']);
  expect(post.security).toEqual([{ token: [] }]);
  expect(components.securitySchemes.token).toMatchObject({ in: 'header', name: 'X-Auth-Token' });
});

test('/openapi.json says for each dialect how its callers can authenticate', async () => {
  const { paths } = JSON.parse((await get('/openapi.json')).text);
  const known = (path: string) =>
    Object.values(paths[path] as Record<string, { security: object[] }>).map(({ security }) =>
      security.flatMap(Object.keys).sort(),
    );
  const both = ['signature', 'token'];
  expect(known(JOBS)).toEqual([['token'], ['token']]);
  expect(known('/v{version}/image/{imageId}')).toEqual([both, both]);
  expect(known('/v5/{project_id}/jobs/{job_id}/stop')).toEqual([both]);
  expect(known('/v1/{project_id}/sfs-turbo/{share_id}/hpc-cache/task/{task_id}')).toEqual([both, both]);
});

test('after SIGTERM a request is still answered, and then the process exits with 0', async () => {
  const image = await deployment.addImage('ot1', 10);
  const tenant = eclClient(deployment);
  const jobId = await tenant.start({ image_id: image.id, tenant_id_dst: 'tenant-a' });
  // Without a worker, a cancel waits for some time for the answer of a worker.
  const cancel = tenant.cancel(jobId);
  await until(() =>
    api.logged('incoming request').some(({ req }) => (req as { method?: string }).method === 'DELETE'),
  );
  const ended = api.stop('SIGTERM');
  expect((await cancel).status).toBe(204);
  // An idle connection would be kept open for longer than this.
  await until(() => api.exitCode !== null, 15_000);
  expect(await ended).toBe(0);
  const lines = api.output().trim().split('\n');
  for (const line of lines) expect(() => JSON.parse(line), line).not.toThrow();
  await expect(get('/healthz')).rejects.toThrow();
});

test('a request that never ends does not prevent the process from exiting', async () => {
  await api.stop('SIGTERM');
  const serving = await deployment.startApi();
  const { hostname, port } = new URL(deployment.apiUrl);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  socket.write(
    `POST /v2/image/x?cancelRemoteCopy HTTP/1.1\r\nHost: ${hostname}\r\nContent-Length: 100\r\n\r\n{`,
  );
  await until(() => serving.logged('incoming request').length > 0);
  expect(await serving.stop('SIGTERM')).toBe(0);
  socket.destroy();
});
