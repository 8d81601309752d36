import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type Bucket, openBucket } from '../../src/stores/s3/bucket.ts';
import { openPinned } from '../../src/stores/s3/pinned-object.ts';
import { openObject } from '../../src/stores/s3/read-object.ts';
import { readAll } from '../stores/store-under-test.ts';

const { signal } = new AbortController();
const KEY = "folder//ä b+c!'()*~/../x";

let server: Server;
let store: Bucket;
let answers: ((response: ServerResponse) => void)[];
let requests: IncomingMessage[];
beforeEach(async () => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test-secret');
  vi.stubEnv('AWS_SESSION_TOKEN', 'test-session');
  requests = [];
  server = createServer((request, response) => {
    requests.push(request);
    answers.shift()?.(response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  store = openBucket({ bucket: 'b', endpoint: `http://127.0.0.1:${port}`, path_style: true });
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

const data =
  (status: number, headers: Record<string, string> = {}) =>
  (response: ServerResponse) =>
    response.writeHead(status, headers).end('data');
const RANGE = { 'content-range': 'bytes 0-3/4' };
const error = (status: number) => (response: ServerResponse) => response.writeHead(status).end();
const hangUp = (response: ServerResponse) => response.destroy();
const isBySdk = ({ headers }: IncomingMessage) => headers['amz-sdk-request'] !== undefined;
const read = async (selection = {}) =>
  (await buffer((await openObject(store, KEY, selection, signal)).body)).toString();

test('a plain answer takes one request, and the SDK sends none', async () => {
  answers = [data(200), data(206, { ...RANGE, etag: '"etag"' })];
  expect(await read()).toBe('data');
  expect(await read({ Range: 'bytes=0-3', IfMatch: '"etag"' })).toBe('data');
  expect(requests.map(isBySdk)).toEqual([false, false]);
  expect(requests[1]?.headers).toMatchObject({ range: 'bytes=0-3', 'if-match': '"etag"' });
  expect(requests[0]?.headers).toMatchObject({
    'x-amz-security-token': 'test-session',
    authorization: expect.stringMatching(
      /^AWS4-HMAC-SHA256 Credential=test\/\d{8}\/us-east-1\/s3\/aws4_request,/,
    ),
  });
});

test.each([
  ['an error', error(500)],
  ['an overload', error(503)],
  ['a refusal', error(403)],
  ['a broken connection', hangUp],
  ['a partial answer to a question for all', data(206)],
])('after %s, the SDK makes the request again', async (_, first) => {
  answers = [first, data(200)];
  expect(await read()).toBe('data');
  expect(requests.map(isBySdk)).toEqual([false, true]);
  const [plain, bySdk] = requests.map(({ url }) => url?.replace('?x-id=GetObject', ''));
  expect(plain).toBe(bySdk);
});

test('the whole object is refused as an answer to a request for a range', async () => {
  answers = [data(200), data(200)];
  await expect(read({ Range: 'bytes=1-2' })).rejects.toMatchObject({ code: 'unavailable' });
});

test('an answer that begins at another byte than was asked for is refused, also from the SDK', async () => {
  answers = [data(206, RANGE), data(206, RANGE)];
  await expect(read({ Range: 'bytes=1-4' })).rejects.toMatchObject({ code: 'unavailable' });
  expect(requests.map(isBySdk)).toEqual([false, true]);
});

test.each([
  ['plain', 1],
  ['the SDK', 2],
])(
  'a version that was not asked for is `changed`, even if the server ignores If-Match (%s)',
  async (_, count) => {
    const other = data(206, { ...RANGE, etag: '"other"' });
    answers = count === 1 ? [other] : [hangUp, other];
    const reading = read({ Range: 'bytes=0-3', IfMatch: '"etag"' });
    await expect(reading).rejects.toMatchObject({ code: 'changed' });
    expect(requests).toHaveLength(count);
  },
);

test('if a server ignores If-Match, the known digests decide whether another version has the right bytes', async () => {
  const [head, headers] = [
    { etag: '"2"', 'content-length': '4' },
    { ...RANGE, etag: '"2"' },
  ];
  const pin = JSON.stringify({ key: KEY, etag: '"1"', size: 4 });
  const readPinned = async (text: string) => {
    answers = [
      data(206, headers),
      (response) => response.writeHead(200, head).end(),
      data(200, { etag: '"2"' }),
      data(206, headers),
    ];
    const sha512 = createHash('sha512').update(text).digest('hex');
    const reader = await openPinned(store, KEY, pin, { digests: { sha512, md5: null }, checksLater: true });
    return `${await readAll(reader, [0, 4])}`;
  };
  expect(await readPinned('data')).toBe('data');
  await expect(readPinned('other')).rejects.toMatchObject({ code: 'changed' });
});

test("plain requests use the clock's correction that the SDK has found", async () => {
  const later = new Date(Date.now() + 3_600_000);
  const at = (status: number, body: string) => (response: ServerResponse) =>
    response.writeHead(status, { date: later.toUTCString() }).end(body);
  const skewed = at(403, '<Error><Code>RequestTimeTooSkewed</Code></Error>');
  answers = [skewed, skewed, at(200, 'data'), at(200, 'data')];
  await read();
  await read();
  expect(requests.map(isBySdk)).toEqual([false, true, true, false]);
  const hour = later.toISOString().replace(/[-:]/g, '').slice(0, 11);
  expect(requests[3]?.headers['x-amz-date']).toContain(hour);
});

test.each([
  ['before the answer', () => {}],
  ['within the data', (response: ServerResponse) => response.writeHead(200).write('da')],
])('an abort %s ends the read without a further request', async (_, begin) => {
  const stop = new AbortController();
  const reason = new Error('stopped');
  answers = [
    (response) => {
      begin(response);
      setImmediate(() => stop.abort(reason));
    },
  ];
  const reading = openObject(store, KEY, {}, stop.signal).then(({ body }) => buffer(body));
  await expect(reading).rejects.toBe(reason);
  expect(requests.length).toBe(1);
});

test('an overload is an error at once for a caller that retries by itself', async () => {
  answers = [(response) => response.writeHead(503, { 'retry-after': '7' }).end()];
  await expect(openObject(store, KEY, {}, signal, 'throw')).rejects.toMatchObject({
    code: 'unavailable',
    overload: { retryAfter: 7000 },
  });
  expect(requests).toHaveLength(1);
});
