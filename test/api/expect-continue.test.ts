/** Tests clients that send `Expect: 100-continue`, which asks whether the body is wanted. */
import { once } from 'node:events';
import { connect } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { JOBS } from '../support/http.ts';
import { until } from '../support/until.ts';
import { READER_TOKEN, serveJobs } from './refusals-rig.ts';

let app: FastifyInstance;
beforeAll(async () => {
  app = await serveJobs({});
});
afterAll(() => app.close());

const TASK = '/v1/a-project/sfs-turbo/share/hpc-cache/task';
const TOKEN = `X-Auth-Token: ${READER_TOKEN}`;

/**
 * Sends the headers of a request, and sends its body when the facade asks for it. Returns everything that was
 * answered.
 */
async function ask(path: string, header: string): Promise<string> {
  const { port } = app.server.address() as { port: number };
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  let answer = '';
  socket.on('data', (chunk: Buffer) => {
    answer += chunk.toString();
  });
  socket.write(
    `POST ${path} HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n${header}\r\n\r\n`,
  );
  await until(() => answer.includes('\r\n\r\n'));
  if (answer.startsWith('HTTP/1.1 100 ')) socket.write('{}');
  await until(() => /HTTP\/1\.1 [2-5]\d\d /.test(answer));
  socket.destroy();
  return answer;
}

test.each([
  ['ECL', JOBS, 401],
  ['BCC', '/v2/image/x?remoteCopy', 403],
  ['DRS', '/v5/a-project/jobs/batch-stop', 401],
  ['SFS Turbo', TASK, 401],
])('%s does not ask for the body of an unknown caller', async (_name, path, status) => {
  for (const header of ['X-Other: 1', 'X-Auth-Token: nobody']) {
    expect(await ask(path, header)).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  }
});

test.each([
  ['ECL', JOBS, 400],
  ['BCC', '/v2/image/x?remoteCopy', 403],
  ['DRS', '/v5/a-project/jobs/batch-stop', 400],
  ['SFS Turbo', TASK, 400],
])('%s asks for the body of a known caller and reads it', async (_name, path, status) => {
  expect(await ask(path, TOKEN)).toMatch(new RegExp(`^HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 ${status} `));
});

test('a client that does not wait is not asked for its body', async () => {
  const { port } = app.server.address() as { port: number };
  const socket = connect(port, '127.0.0.1');
  socket.write(`POST ${JOBS} HTTP/1.1\r\nHost: x\r\n${TOKEN}\r\nContent-Length: 2\r\n\r\n{}`);
  expect(String(await once(socket, 'data'))).toMatch(/^HTTP\/1.1 400 /);
  socket.destroy();
});

test('a malformed signature is refused before the body is sent', async () => {
  const bad = 'Authorization: SDK-HMAC-SHA256 Access=nobody, SignedHeaders=host, Signature=00';
  expect(await ask(TASK, bad)).toMatch(/^HTTP\/1.1 401 /);
  expect(await ask('/v2/image/x?remoteCopy', 'Authorization: anything')).toMatch(/^HTTP\/1.1 400 /);
});
