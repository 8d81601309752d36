import { createServer as createTcpServer } from 'node:net';
import { inspect } from 'node:util';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openSession } from '../../src/openstack/index.ts';
import { freePort } from '../support/free-port.ts';
import { AUTH_URL, projectId } from './keystone-rig.ts';
import { COPIER, copier, forgetSent, list, listen, refusal } from './keystone-session-rig.ts';

let a: string;
beforeAll(async () => {
  a = await projectId('tenant-a');
});
beforeEach(forgetSent);

test('the error for a region that is not in the catalog names the region', async () => {
  const error = await refusal(copier({}, 'ot9').check());
  expect([error.kind, error.message]).toEqual([
    'no_endpoint',
    'the catalog has no public image service of region ot9',
  ]);
});

test('a Keystone that is down is unreachable, and the cause of the error has its address', async () => {
  const port = await freePort();
  const error = await refusal(copier({ OS_AUTH_URL: `http://127.0.0.1:${port}` }).check());
  expect([error.kind, error.message]).toEqual(['unreachable', 'Keystone does not answer']);
  expect(String(error.cause)).toContain(`ECONNREFUSED 127.0.0.1:${port}`);
});

test('an answer that is not HTTP is not quoted in the error, because it may contain a token', async () => {
  const server = createTcpServer((socket) => {
    socket.once('data', () =>
      socket.end('HTTP/1.1 201 Created\r\nbroken\r\nX-Subject-Token: token-of-copier\r\n\r\n'),
    );
  });
  const port = await listen(server);
  const error = await refusal(copier({ OS_AUTH_URL: `http://127.0.0.1:${port}` }).check());
  expect(error.kind).toBe('unreachable');
  expect(inspect(error, { depth: 20, showHidden: true })).not.toContain('token-of-copier');
  server.close();
});

test('an address without a Keystone is a fault of the configuration', async () => {
  const error = await refusal(copier({ OS_AUTH_URL: `${AUTH_URL}/users` }).check());
  expect([error.kind, error.message]).toEqual(['misconfigured', 'Keystone answers with 404']);
});

test('a wrong configuration is read again with the next request', async () => {
  const env: NodeJS.ProcessEnv = { ...COPIER, OS_AUTH_URL: '' };
  const session = openSession({ region_name: 'ot1' }, env);
  const error = await refusal(session.check());
  expect(error.kind).toBe('misconfigured');
  expect(String(error.cause)).toContain('the environment: OS_AUTH_URL: is missing');
  env.OS_AUTH_URL = AUTH_URL;
  await session.check();
});

describe('a caller that gives up', () => {
  const reason = new Error('given up');

  test('gets its own reason, both before the request and during it', async () => {
    const session = copier();
    const as = { project: a };
    const ended = session.requestImage({
      method: 'GET',
      path: '/v2/images',
      as,
      signal: AbortSignal.abort(reason),
    });
    await expect(ended).rejects.toBe(reason);
    await list(session, a);
    const controller = new AbortController();
    const upload = session.requestImage({
      method: 'PUT',
      path: `/v2/images/${crypto.randomUUID()}/file`,
      as,
      headers: { 'content-type': 'application/octet-stream' },
      signal: controller.signal,
      body: (async function* () {
        controller.abort(reason);
        yield Buffer.alloc(10);
        await new Promise(() => undefined);
      })(),
    });
    await expect(upload).rejects.toBe(reason);
  });

  test('during a sign-in does not abort the sign-in for others', async () => {
    const session = copier();
    const controller = new AbortController();
    const one = session.requestImage({
      method: 'GET',
      path: '/v2/images',
      as: { project: a },
      signal: controller.signal,
    });
    const other = list(session, a);
    setTimeout(() => controller.abort(reason), 5);
    await expect(one).rejects.toBe(reason);
    expect(await other).toBe(200);
  });
});

test("an error of the body's own stream is thrown as it is", async () => {
  const failure = new Error('the source has gone');
  const upload = copier().requestImage({
    method: 'PUT',
    path: `/v2/images/${crypto.randomUUID()}/file`,
    as: { project: a },
    headers: { 'content-type': 'application/octet-stream', 'content-length': '1000' },
    // biome-ignore lint/correctness/useYield: it fails before its first byte
    body: (async function* () {
      throw failure;
    })(),
  });
  await expect(upload).rejects.toBe(failure);
});
