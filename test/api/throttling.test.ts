import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { afterEach, expect, test, vi } from 'vitest';
import { MAX_PIPELINED } from '../../src/api/pipelines.ts';
import { JobError } from '../../src/job-service/index.ts';
import type { JobPage } from '../../src/job-service/service.ts';
import { JOBS } from '../support/http.ts';
import { READER_IDENTITY, READER_TOKEN, serveJobs } from './refusals-rig.ts';

let app: FastifyInstance;
afterEach(() => app.close());

const EMPTY: JobPage = { jobs: [], next_marker: null };
const forRequest = <T>(_signal: AbortSignal, work: () => Promise<T>) => work();
const get = (url: string) => app.inject({ method: 'GET', url, headers: { 'x-auth-token': READER_TOKEN } });

const notFound = async () => {
  throw new JobError('not_found', 'there is no such job');
};
const CACHE = '/v1/a-project/sfs-turbo/share/hpc-cache';

test.each([
  ['ECL', JOBS, 429, { code: 429, title: 'Too Many Requests' }],
  ['BCC', '/v2/image/x', 503, { code: 'ServiceUnavailable' }],
  ['DRS', '/v5/a-project/jobs', 429, { error_code: 'APIGW.0308' }],
  ['SFS Turbo', `${CACHE}/tasks`, 429, { error_code: 'APIGW.0308' }],
])(
  '%s: a tenant that sends too many requests in a second is told when to try again',
  async (_name, url, status, body) => {
    app = await serveJobs({ list: async () => EMPTY, findByDestination: notFound }, forRequest, {
      requests_per_second: 2,
    });
    await get(url);
    await get(url);
    const answer = await get(url);
    expect(answer.statusCode).toBe(status);
    expect(answer.json()).toMatchObject(body);
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    await expect.poll(async () => (await get(url)).statusCode).not.toBe(status);
  },
);

test('the number of concurrent requests of a tenant is limited, and a failed one no longer counts', async () => {
  const { promise: pass, resolve } = Promise.withResolvers<void>();
  const list = async () => {
    await pass;
    throw new Error('it fails');
  };
  app = await serveJobs({ list }, forRequest, { concurrent_requests: 2 });
  // `get` sends its request only when its answer is awaited.
  const both = Promise.all([get(JOBS), get(JOBS)]);
  await expect.poll(async () => (await get(JOBS)).statusCode).toBe(429);
  resolve();
  expect((await both).map(({ statusCode }) => statusCode)).toEqual([500, 500]);
  expect((await get(JOBS)).statusCode).toBe(500);
});

/** Sends a request `times` times on one connection, without waiting for the answers. */
async function pipelined(times: number): Promise<Socket> {
  const { port } = app.server.address() as { port: number };
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  await once(socket, 'connect');
  socket.write(
    `GET ${JOBS}?limit=1 HTTP/1.1\r\nHost: x\r\nX-Auth-Token: ${READER_TOKEN}\r\n\r\n`.repeat(times),
  );
  return socket;
}

test('of the requests that a connection pipelines, only as many run as may be under way', async () => {
  let made = 0;
  const { promise: pass, resolve } = Promise.withResolvers<void>();
  const list = async () => {
    made += 1;
    await pass;
    return EMPTY;
  };
  app = await serveJobs({ list }, forRequest, { concurrent_requests: 3, requests_per_second: 1_000_000 });
  const socket = await pipelined(MAX_PIPELINED);
  let answers = '';
  socket.on('data', (chunk: Buffer) => {
    answers += chunk.toString();
  });
  await expect.poll(() => made).toBe(3);
  resolve();
  await expect.poll(() => answers.match(/HTTP\/1.1 /g)?.length).toBe(MAX_PIPELINED);
  expect(answers.match(/HTTP\/1.1 429 /g)?.length).toBe(MAX_PIPELINED - 3);
  expect(made).toBe(3);
  socket.destroy();
});

test('a connection that pipelines 10,000 requests is ended, and few of them are handled', async () => {
  app = await serveJobs({ list: async () => EMPTY }, forRequest, { requests_per_second: 1_000_000 });
  let seen = 0;
  const authenticate = vi.spyOn(READER_IDENTITY, 'authenticate').mockImplementation(async () => {
    seen += 1;
    return null;
  });
  const stackTraces: number[] = [];
  const { stackTraceLimit } = Error;
  app.server.once('connection', (connection: Socket) =>
    connection.once('close', () => stackTraces.push(Error.stackTraceLimit)),
  );
  const socket = await pipelined(10_000);
  // The connection may be reset, which `once` takes for an error.
  await expect.poll(() => socket.destroyed).toBe(true);
  expect(seen).toBeLessThanOrEqual(MAX_PIPELINED);
  // Node.js makes an error for each request that it has read. The stack traces would take most of the time.
  await expect.poll(() => stackTraces).toEqual([0]);
  expect(Error.stackTraceLimit).toBe(stackTraceLimit);
  authenticate.mockRestore();
});

test('a client that goes before it is known takes no place of its tenant', async () => {
  app = await serveJobs({ list: async () => EMPTY }, forRequest, { concurrent_requests: 1 });
  const { port } = app.server.address() as { port: number };
  const [seen, gone] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const known = READER_IDENTITY.authenticate;
  const authenticate = vi.spyOn(READER_IDENTITY, 'authenticate').mockImplementationOnce(async (token) => {
    seen.resolve();
    await gone.promise;
    return known(token);
  });
  app.server.once('connection', (connection: Socket) => connection.once('close', () => gone.resolve()));
  const socket = connect(port, '127.0.0.1');
  const headers = `Host: x\r\nX-Auth-Token: ${READER_TOKEN}\r\nContent-Type: application/json`;
  socket.write(`POST ${JOBS} HTTP/1.1\r\n${headers}\r\nContent-Length: 2\r\n\r\n{}`);
  await seen.promise;
  socket.destroy();
  await gone.promise;
  await new Promise((resolve) => setImmediate(resolve));
  expect((await get(JOBS)).statusCode).toBe(200);
  authenticate.mockRestore();
});
