import type { FastifyInstance } from 'fastify';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { JobService, JobView } from '../../src/job-service/index.ts';
import { access, vector, vectorsOf } from '../unit/signatures/vectors.ts';
import { READER_TOKEN, sendMalformed, serveJobs } from './refusals-rig.ts';
import { type Changes, replay } from './signed-rig.ts';

const CANCEL = vector('bce-auth-v1', 'a name with an empty value');
const good = String(CANCEL.request.headers.authorization);
const JOB = {
  job_id: 'a-job',
  status: 'replicating',
  created_at: '2026-01-01T00:00:00.000Z',
  fault: null,
} as JobView;

let app: FastifyInstance;
let cancel: ReturnType<typeof vi.fn<JobService['cancel']>>;
beforeEach(async () => {
  cancel = vi.fn(async () => undefined);
  app = await serveJobs({
    findByDestination: async () => JOB,
    cancel,
    start: async () => ({ job_id: 'new' }),
  });
});
afterEach(async () => {
  vi.useRealTimers();
  await app.close();
});

test("a cancel that Baidu's own SDK has signed reaches the job service for the owner of the key", async () => {
  expect((await replay(app, CANCEL)).status).toBe(200);
  const requested_by = 'tenant a-project';
  expect(cancel).toHaveBeenCalledWith(expect.objectContaining({ tenant_id: 'a-project' }), 'a-job', {
    requested_by,
  });
});

test.each(vectorsOf('bce-auth-v1').filter(({ request }) => request.url.endsWith('?remoteCopy=')))(
  "the signature of Baidu's own SDK for a copy with $name is accepted",
  async (signed) => {
    const { status, body } = await replay(app, signed);
    expect([400, 200]).toContain(status);
    if (status === 400) expect(body.code).toBe('InappropriateJSON');
    else expect(body.result).toContainEqual({ region: 'gz', imageId: 'new', errMsg: '', code: '' });
  },
);

test.each<[string, Changes, number, string]>([
  ['nothing', { headers: { authorization: undefined } }, 403, 'AccessDenied'],
  ['half a signature', { headers: { authorization: good.slice(0, -1) } }, 400, 'InvalidHTTPAuthHeader'],
  ["another vendor's", { headers: { authorization: 'Bearer x' } }, 400, 'InvalidHTTPAuthHeader'],
  ['an unknown key', { headers: { authorization: good.replace(access, 'x') } }, 403, 'InvalidAccessKeyId'],
  ['the signature of another image', { url: '/v2/image/m-9?cancelRemoteCopy' }, 400, 'SignatureDoesNotMatch'],
  ['an old signature', { at: CANCEL.now + 3_600_000 }, 400, 'RequestExpired'],
  ['an unknown token', { headers: { 'x-auth-token': 'unknown' } }, 403, 'AccessDenied'],
  ["a reader's token", { headers: { 'x-auth-token': READER_TOKEN } }, 403, 'AccessDenied'],
])('a cancel with %s is refused', async (_what, changes, status, code) => {
  const answer = await replay(app, CANCEL, changes);
  expect([answer.status, answer.body.code]).toEqual([status, code]);
  expect(answer.body).toEqual({ requestId: expect.any(String), code, message: expect.any(String) });
  expect(cancel).not.toHaveBeenCalled();
});

test('a caller with the role reader may show a copy', async () => {
  const url = '/v2/image/m-1a2b3c4d';
  const answer = await app.inject({ url, headers: { 'x-auth-token': READER_TOKEN } });
  expect([answer.statusCode, answer.json().code]).toEqual([200, undefined]);
});

test.each([
  ['GET', '/v2/image'],
  ['GET', '/v2/image/m-1/sharedUsers'],
  ['GET', '/v2.1/image/m-1'],
] as const)('%s %s is an unknown call', async (method, url) => {
  const answer = await app.inject({ method, url, headers: { 'x-auth-token': READER_TOKEN } });
  expect([answer.statusCode, answer.json().code]).toEqual([400, 'InvalidURI']);
  expect(answer.headers['x-bce-request-id']).toBe(answer.json().requestId);
  expect((await app.inject({ method, url })).json().code).toBe('AccessDenied');
});

test.each(['PUT', 'DELETE', 'QUERY'] as const)('an image does not have the method %s', async (method) => {
  const headers = { 'x-auth-token': READER_TOKEN };
  const answer = await app.inject({ method, url: '/v2/image/m-1', headers });
  expect([answer.statusCode, answer.json().code]).toEqual([405, 'InvalidHTTPRequest']);
  expect(answer.headers.allow).toBe('GET, HEAD, POST');
});

test('10,000 requests with malformed signatures are refused without a 500, and leave nothing in memory', async () => {
  await sendMalformed(app, '/v2/image/m-1?cancelRemoteCopy', good, [400, 403]);
  expect(cancel).not.toHaveBeenCalled();
});
