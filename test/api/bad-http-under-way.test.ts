/** Tests what the facade does when a connection goes wrong while one of its requests is under way. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { JOBS } from '../support/http.ts';
import { answerTo, portOf, sendHeaders, timeOut } from './bad-http-rig.ts';
import { jobView } from './job-view.ts';
import { READER_TOKEN, serveJobs } from './refusals-rig.ts';

let app: FastifyInstance;
const logged: Record<string, unknown>[] = [];
beforeAll(async () => {
  const logger = pino({ level: 'info' }, { write: (line) => void logged.push(JSON.parse(line)) });
  const follow = async () => ({ view: jobView('a-job'), leave: () => undefined });
  app = await serveJobs({ follow }, undefined, {}, {}, logger);
});
afterAll(() => app.close());
afterEach(() => {
  vi.useRealTimers();
});

test('if a connection goes wrong after the headers of an answer, it ends and nothing is added to the answer', async () => {
  const client = connect(portOf(app), '127.0.0.1');
  const head = `X-Auth-Token: ${READER_TOKEN}\r\nTransfer-Encoding: chunked`;
  client.write(`GET ${JOBS}/a-job/events HTTP/1.1\r\nHost: x\r\n${head}\r\n\r\n`);
  let text = '';
  client.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  await vi.waitFor(() => expect(text).toContain('data: {'));
  const closed = once(client, 'close');
  client.on('error', () => undefined).write('this is no length\r\n');
  await closed;
  expect(text.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200']);
});

test('the connection of a late request is closed right after the answer', async () => {
  const { client, socket } = await sendHeaders(app, JOBS, READER_TOKEN);
  vi.useFakeTimers({ toFake: ['setTimeout'] });
  timeOut(app.server, socket);
  await once(client.resume(), 'end');
  // The client has not ended its side, and could still send the rest.
  for (let turn = 0; turn < 1000 && !socket.destroyed; turn += 1) await new Promise(setImmediate);
  const isClosed = socket.destroyed;
  client.destroy();
  expect(isClosed).toBe(true);
});

test('a refused client that goes on sending still has a second to read the answer', async () => {
  const accepted = once(app.server, 'connection') as Promise<[Socket]>;
  const client = connect({ port: portOf(app), host: '127.0.0.1', allowHalfOpen: true });
  client.resume().write('nothing good\r\n\r\n');
  const [socket] = await accepted;
  await once(client, 'end');
  const again = once(app.server, 'clientError');
  client.write('nothing better\r\n\r\n');
  await again;
  expect(socket.destroyed).toBe(false);
  client.destroy();
});

test('the answer to a late request has the id with which the request was logged', async () => {
  const { client, socket } = await sendHeaders(app, JOBS, READER_TOKEN);
  const { reqId } = logged.findLast(({ msg }) => msg === 'incoming request') ?? {};
  const answered = answerTo('{', client);
  timeOut(app.server, socket);
  const { head, status } = await answered;
  expect([status, reqId]).toEqual([408, expect.stringMatching(/^req-/)]);
  expect(head).toContain(`X-Openstack-Request-Id: ${reqId}\r\n`);
  const { msg, url } = logged.findLast((line) => line.code === 'ERR_HTTP_REQUEST_TIMEOUT') ?? {};
  expect([msg, url]).toEqual(['a request that is not valid HTTP was refused', JOBS]);
});

test('if the first request of a connection is good and the next one is not, the client is told so', async () => {
  const client = connect(portOf(app), '127.0.0.1');
  client.write(`GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n`);
  expect(String(await once(client, 'data'))).toMatch(/^HTTP\/1.1 200 /);
  expect((await answerTo('nothing good\r\n\r\n', client)).status).toBe(400);
});
