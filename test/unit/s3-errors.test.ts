import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { ObjectStore } from '../../src/stores/index.ts';
import { s3Driver } from '../../src/stores/s3/index.ts';
import { bytesOf, pathsOf } from '../stores/objects-under-test.ts';
import { codeOf } from '../stores/store-under-test.ts';

const { signal } = new AbortController();
let answer: { readonly status: number; readonly name?: string; readonly keys?: readonly string[] };
let server: Server;
let objects: ObjectStore;
beforeAll(async () => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test-secret');
  server = createServer((request, response) => {
    request.resume();
    response.writeHead(answer.status, { 'content-type': 'application/xml' });
    const { name, keys = [] } = answer;
    const contents = keys.map((key) => `<Contents><Key>${key}</Key><Size>1</Size></Contents>`).join('');
    if (name !== undefined) response.end(`<Error><Code>${name}</Code><Message>no</Message></Error>`);
    else response.end(`<ListBucketResult>${contents}</ListBucketResult>`);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const options = { bucket: 'b', endpoint: `http://127.0.0.1:${port}`, path_style: true };
  const opened = s3Driver.open(options, '/').objects;
  if (opened === undefined) throw new Error('a bucket has objects');
  objects = opened;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

test.each([
  // This is S3's answer for an object that is encrypted with a customer's own key.
  [400, 'InvalidRequest', 'forbidden'],
  [400, 'KMS.DisabledException', 'forbidden'],
  [405, 'MethodNotAllowed', 'forbidden'],
  [301, 'PermanentRedirect', 'forbidden'],
  [400, 'EntityTooLarge', 'invalid_image'],
  [403, 'InvalidObjectState', 'forbidden'],
  [409, 'ObjectParentIsFile', 'conflict'],
  [404, 'NoSuchKey', 'not_found'],
  [404, 'NoSuchBucket', 'unavailable'],
  [400, 'RequestTimeout', 'unavailable'],
  [403, 'RequestTimeTooSkewed', 'unavailable'],
  [400, 'ExpiredToken', 'unavailable'],
  [409, 'OperationAborted', 'unavailable'],
  [408, 'Unheard', 'unavailable'],
  [429, 'Unheard', 'unavailable'],
  [503, 'SlowDown', 'unavailable'],
  [500, 'Unheard', 'unavailable'],
])('the answer %i %s is the error %s', async (status, name, code) => {
  answer = { status, name };
  expect(await codeOf(bytesOf(objects, 'x'))).toBe(code);
  expect(await codeOf(objects.write('x', Buffer.from('x'), signal))).toBe(code);
});

test.each([
  [301, 'forbidden'],
  [400, 'forbidden'],
  [404, 'not_found'],
  [429, 'unavailable'],
  [503, 'unavailable'],
])('the answer %i without a body is the error %s', async (status, code) => {
  answer = { status, name: 'not heard' };
  expect(await codeOf(objects.inspect({ image_id: 'x', tenant_id: null }))).toBe(code);
});

test.each([
  ['in another order', null, ['c', 'a', 'b']],
  ['with a key twice', null, ['a', 'a']],
  ['that begins anew instead of after the given key', 'b', ['a', 'b', 'c']],
])('a list %s is refused, because keys could be missing', async (_how, after, keys) => {
  answer = { status: 200, keys };
  expect(await codeOf(pathsOf(objects, '', after ?? undefined))).toBe('invalid_image');
});
