/** Tests requests that Node.js cannot read as HTTP, and requests that never arrive in full. */
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import type { FastifyInstance } from 'fastify';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { makeCertificate } from '../support/certificate.ts';
import { JOBS } from '../support/http.ts';
import { answerTo, portOf, sendHeaders, timeOut } from './bad-http-rig.ts';
import { READER_TOKEN, serveJobs } from './refusals-rig.ts';

let app: FastifyInstance;
let folder: string;
let overTls: FastifyInstance;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'image-replicator-bad-http-'));
  app = await serveJobs({});
  overTls = await serveJobs({}, undefined, {}, { tls: makeCertificate(folder) });
});
afterAll(async () => {
  await Promise.all([app.close(), overTls.close()]);
  await rm(folder, { recursive: true });
});

afterEach(() => {
  vi.useRealTimers();
});

const answer = (bytes: string, socket = connect(portOf(app), '127.0.0.1')) => answerTo(bytes, socket);

const CACHE = '/v1/a-project/sfs-turbo/share/hpc-cache';
const FORMS: readonly [string, string, string, (status: number) => object][] = [
  ['ECL', `${JOBS}/x`, 'X-Openstack-Request-Id', (code) => ({ code, title: expect.any(String) })],
  ['BCC', '/v2/image/x', 'x-bce-request-id', () => ({ code: 'InvalidHTTPRequest' })],
  ['DRS', '/v5/a-project/jobs', 'X-request-id', () => ({ error_code: 'DRS.M00105' })],
  ['SFS Turbo', `${CACHE}/tasks`, 'X-request-id', () => ({ errCode: 'SFS.TURBO.0001' })],
  ['nobody', '/elsewhere', 'X-Openstack-Request-Id', (code) => ({ code, title: expect.any(String) })],
];

test.each(FORMS)(
  'a request that is not valid HTTP is answered in the form of %s',
  async (_name, path, id, form) => {
    const { head, body, status } = await answer(`GET ${path} HTTP/1.1\r\nHost: x\r\nBad Name: 1\r\n\r\n`);
    expect([status, JSON.parse(body)]).toEqual([400, expect.objectContaining(form(400))]);
    expect(head).toMatch(new RegExp(`^${id}: req-[0-9a-f-]{36}$`, 'm'));
  },
);

test.each(FORMS)(
  'headers that are too large are answered in the form of %s',
  async (_name, path, _id, form) => {
    const large = 'x'.repeat(40_000);
    const { body, status } = await answer(`GET ${path} HTTP/1.1\r\nHost: x\r\nLarge: ${large}\r\n\r\n`);
    expect([status, JSON.parse(body)]).toEqual([431, expect.objectContaining(form(431))]);
  },
);

const POSTS = [JOBS, '/v2/image/x?remoteCopy', '/v5/a-project/jobs/batch-stop', `${CACHE}/task`] as const;

test.each(POSTS)('a body for %s that never comes is answered in the form of that dialect', async (path) => {
  const form = FORMS[POSTS.indexOf(path)]?.[3];
  const { client, socket } = await sendHeaders(app, path, READER_TOKEN);
  const answered = answerTo('{', client);
  timeOut(app.server, socket);
  const { body, status } = await answered;
  expect([status, JSON.parse(body)]).toEqual([408, expect.objectContaining(form?.(408))]);
});

test('a request has a minute to arrive', () => {
  for (const { server } of [app, overTls]) {
    expect(server).toMatchObject({ requestTimeout: 60_000, headersTimeout: 60_000 });
  }
});

test('a client that keeps sending what is not valid HTTP has a second to read the answer', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout'] });
  const accepted = once(app.server, 'connection') as Promise<[Socket]>;
  const client = connect({ port: portOf(app), allowHalfOpen: true });
  client.resume().write('nothing good\r\n\r\n');
  const [socket] = await accepted;
  await once(client, 'end');
  vi.advanceTimersByTime(999);
  expect(socket.destroyed).toBe(false);
  vi.advanceTimersByTime(1);
  expect(socket.destroyed).toBe(true);
  client.destroy();
});

test('a body that is not valid HTTP is answered in the form of the dialect at that path', async () => {
  const head = `X-Auth-Token: ${READER_TOKEN}\r\nTransfer-Encoding: chunked`;
  const { body, status } = await answer(
    `POST ${CACHE}/task HTTP/1.1\r\nHost: x\r\n${head}\r\n\r\nthis is no length\r\n`,
  );
  expect([status, JSON.parse(body)]).toEqual([400, expect.objectContaining({ errCode: 'SFS.TURBO.0001' })]);
});

test('no error is sent in the place of the answer to an earlier request', async () => {
  const { promise: pass, resolve } = Promise.withResolvers<void>();
  const slow = await serveJobs({
    list: async () => {
      await pass;
      return { jobs: [], next_marker: null };
    },
  });
  const good = `GET ${JOBS} HTTP/1.1\r\nHost: x\r\nX-Auth-Token: ${READER_TOKEN}\r\n\r\n`;
  const { head } = await answerTo(`${good}nothing good\r\n\r\n`, connect(portOf(slow), '127.0.0.1'));
  expect(head).toBe('');
  resolve();
  await slow.close();
});

test('a request over TLS that is not valid HTTP is answered in the dialect of its path', async () => {
  const socket = connectTls({ port: portOf(overTls), host: '127.0.0.1', rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  const { body, status } = await answerTo('GET /v2/image/x HTTP/1.1\r\nBad Name: 1\r\n\r\n', socket);
  expect([status, JSON.parse(body).code]).toEqual([400, 'InvalidHTTPRequest']);
});
