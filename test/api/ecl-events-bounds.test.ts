/** Tests the limits of the streams of job events: their number, their memory and slow clients. */
import { once } from 'node:events';
import { connect } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { afterEach, expect, test } from 'vitest';
import { JobError, type JobService, type JobView } from '../../src/job-service/index.ts';
import { eventsIn, listen } from '../support/event-stream.ts';
import { JOBS } from '../support/http.ts';
import { until } from '../support/until.ts';
import { jobView } from './job-view.ts';
import { READER_TOKEN, serveJobs } from './refusals-rig.ts';

type Tell = (view: JobView | null) => void;

let app: FastifyInstance;
afterEach(() => app.close());

/** A job that anybody may follow, and that changes when the test says so. */
function followable() {
  const told = new Set<Tell>();
  const follow: JobService['follow'] = async (_caller, jobId, tell) => {
    told.add(tell);
    return { view: jobView(jobId), leave: () => void told.delete(tell) };
  };
  const tell = (view: JobView | null) => {
    for (const one of told) one(view);
  };
  return { follow, tell, followers: () => told.size };
}

const portOf = () => (app.server.address() as { port: number }).port;
const listenTo = (jobId: string) =>
  listen(`http://127.0.0.1:${portOf()}${JOBS}/${jobId}/events`, READER_TOKEN);
const serve = (jobs: Partial<JobService>, limits: Parameters<typeof serveJobs>[2] = {}) =>
  serveJobs(jobs, undefined, limits);

test('a tenant with the most streams that it may have is refused another one, until one of them ends', async () => {
  const job = followable();
  app = await serve(job, { event_streams: 2 });
  const [first, second] = [await listenTo('one'), await listenTo('two')];
  const third = await listenTo('three');
  expect(third.response.statusCode).toBe(429);
  expect(third.response.headers['retry-after']).toBe('5');
  await third.ended();
  const message =
    'your tenant already follows 2 jobs, as many as the limit event_streams allows; try again in 5 s';
  expect(JSON.parse(third.text())).toEqual({ code: 429, title: 'Too Many Requests', message });
  first.hangUp();
  await until(() => job.followers() === 1);
  expect((await listenTo('three')).response.statusCode).toBe(200);
  job.tell(jobView('two', { status: 'replicated' }));
  expect(await second.ended()).toBe(true);
  await until(() => job.followers() === 0);
});

test('a stream that could not begin does not count towards the limit', async () => {
  const unavailable = new JobError('unavailable', 'Temporal is away');
  app = await serve({ follow: () => Promise.reject(unavailable) }, { event_streams: 1 });
  for (let round = 0; round < 3; round += 1) expect((await listenTo('one')).response.statusCode).toBe(503);
});

test('streams do not count as concurrent requests', async () => {
  const job = followable();
  app = await serve({ ...job, show: async (_caller, id) => jobView(id) }, { concurrent_requests: 1 });
  await Promise.all([await listenTo('one'), await listenTo('two')]);
  const headers = { 'x-auth-token': READER_TOKEN };
  expect((await app.inject({ url: `${JOBS}/one`, headers })).statusCode).toBe(200);
});

test('a client that hangs up while the job is looked up leaves no follower behind', async () => {
  const job = followable();
  const { promise: pass, resolve } = Promise.withResolvers<void>();
  let asked = 0;
  const follow: JobService['follow'] = async (...args) => {
    asked += 1;
    await pass;
    return job.follow(...args);
  };
  app = await serve({ follow });
  const socket = connect(portOf(), '127.0.0.1');
  await once(socket, 'connect');
  socket.write(`GET ${JOBS}/one/events HTTP/1.1\r\nHost: x\r\nX-Auth-Token: ${READER_TOKEN}\r\n\r\n`);
  await until(() => asked === 1);
  const gone = new Promise((resolve) => app.server.once('connection', resolve));
  socket.destroy();
  // The server notices the end of a connection before it serves a later one.
  connect(portOf(), '127.0.0.1').end();
  await gone;
  resolve();
  await until(() => job.followers() === 0);
});

test('a client that reads slowly misses states, but gets the newest one', async () => {
  const job = followable();
  app = await serve(job);
  const socket = connect(portOf(), '127.0.0.1');
  socket.pause();
  socket.write(`GET ${JOBS}/one/events HTTP/1.1\r\nHost: x\r\nX-Auth-Token: ${READER_TOKEN}\r\n\r\n`);
  await until(() => job.followers() === 1);
  const source_image_name = 'x'.repeat(20_000);
  const states = 4000;
  for (let bytes_copied = 1; bytes_copied <= states; bytes_copied += 1) {
    job.tell(jobView('one', { source_image_name, bytes_copied }));
    await new Promise((resolve) => setImmediate(resolve));
  }
  let text = '';
  socket.setEncoding('latin1').on('data', (chunk) => {
    text += chunk;
  });
  socket.resume();
  await until(() => text.includes(`"bytes_copied":${states},`));
  job.tell(jobView('one', { status: 'replicated', bytes_copied: states }));
  await once(socket, 'close');
  const copied = [...text.matchAll(/"bytes_copied":(\d+)/g)].map(([, bytes]) => Number(bytes));
  expect(copied).toEqual(copied.toSorted((one, other) => one - other));
  expect(copied.length).toBeLessThan(states / 2);
});

test('the streams of a job end when the record of the job is deleted', async () => {
  const job = followable();
  app = await serve(job);
  const listener = await listenTo('one');
  job.tell(null);
  expect(await listener.ended()).toBe(true);
  expect(listener.text()).toMatch(/\nretry: \d+\n\n$/);
});

test('a facade that closes ends its streams at once, and says when to reconnect', async () => {
  const job = followable();
  app = await serve(job);
  const listener = await listenTo('one');
  await until(() => eventsIn(listener.text()).length === 1);
  const began = performance.now();
  await app.close();
  expect(await listener.ended()).toBe(true);
  expect(performance.now() - began).toBeLessThan(2000);
  expect(listener.text()).toMatch(/\n\nretry: \d+\n\n$/);
  expect(job.followers()).toBe(0);
});
