import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { afterEach, expect, test, vi } from 'vitest';
import { MAX_PIPELINED } from '../../src/api/pipelines.ts';
import type { JobPage } from '../../src/job-service/service.ts';
import { JOBS } from '../support/http.ts';
import { until } from '../support/until.ts';
import { READER_IDENTITY, READER_TOKEN, serveJobs } from './refusals-rig.ts';

let app: FastifyInstance;
afterEach(() => app.close());

/** Sends a request `times` times on one connection, without waiting for the answers. */
async function pipelined(method: string, path: string, times: number) {
  const { port } = app.server.address() as { port: number };
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.write(
    `${method} ${path} HTTP/1.1\r\nHost: x\r\nX-Auth-Token: ${READER_TOKEN}\r\n\r\n`.repeat(times),
  );
  return socket;
}

test('when a client hangs up, its requests are aborted and no further one is begun', async () => {
  const signals: AbortSignal[] = [];
  let begun = 0;
  const { promise: pass, resolve } = Promise.withResolvers<void>();
  const list = async (): Promise<JobPage> => {
    begun += 1;
    await pass;
    return { jobs: [], next_marker: null };
  };
  app = await serveJobs({ list }, (signal, work) => {
    signals.push(signal);
    return work();
  });
  const socket = await pipelined('GET', `${JOBS}?limit=1`, MAX_PIPELINED);
  await until(() => begun > 0);
  socket.destroy();
  await until(() => signals.every(({ aborted }) => aborted));
  const then = begun;
  expect(then).toBeGreaterThan(0);
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(begun).toBe(then);
  resolve();
});

test('a request that was answered is not aborted when its connection ends', async () => {
  const signals: AbortSignal[] = [];
  app = await serveJobs({ list: async () => ({ jobs: [], next_marker: null }) }, (signal, work) => {
    signals.push(signal);
    return work();
  });
  const socket = await pipelined('GET', JOBS, 1);
  await once(socket, 'data');
  socket.destroy();
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(signals.map(({ aborted }) => aborted)).toEqual([false]);
});

test('nothing is done for a client that hangs up during authentication', async () => {
  let works = 0;
  const { promise: pass, resolve } = Promise.withResolvers<void>();
  const know = READER_IDENTITY.authenticate;
  const asked = vi.spyOn(READER_IDENTITY, 'authenticate').mockImplementation(async (token) => {
    await pass;
    return know(token);
  });
  app = await serveJobs({ list: async () => ({ jobs: [], next_marker: null }) }, (_signal, work) => {
    works += 1;
    return work();
  });
  const accepted = once(app.server, 'connection') as Promise<[Socket]>;
  const socket = await pipelined('GET', JOBS, 1);
  const [there] = await accepted;
  const closed = once(there, 'close');
  await until(() => asked.mock.calls.length > 0);
  socket.destroy();
  await closed;
  resolve();
  const next = await pipelined('GET', JOBS, 1);
  await once(next, 'data');
  expect(works).toBe(1);
  next.destroy();
  asked.mockRestore();
});

test('a change that was begun is not aborted when its client hangs up', async () => {
  const signals: AbortSignal[] = [];
  const { promise: pass, resolve } = Promise.withResolvers<void>();
  app = await serveJobs({}, async (signal, work) => {
    signals.push(signal);
    await pass;
    return work();
  });
  const accepted = once(app.server, 'connection') as Promise<[Socket]>;
  const socket = await pipelined('DELETE', `${JOBS}/x`, 1);
  const [there] = await accepted;
  const closed = once(there, 'close');
  await until(() => signals.length > 0);
  socket.destroy();
  await closed;
  expect(signals.map(({ aborted }) => aborted)).toEqual([false]);
  resolve();
});
