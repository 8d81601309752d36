import type { FastifyInstance } from 'fastify';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { JobService, JobView } from '../../src/job-service/index.ts';
import { access, vector } from '../unit/signatures/vectors.ts';
import { READER_TOKEN, sendMalformed, serveJobs } from './refusals-rig.ts';
import { type Changes, replay } from './signed-rig.ts';

const LIST = vector('SDK-HMAC-SHA256', 'headers of its own');
const good = String(LIST.request.headers.authorization);
const JOB = { job_id: 'a-job', status: 'replicating', source_image_name: 'ubuntu' } as JobView;
const WORDS = 'Incorrect IAM authentication information: ';

let app: FastifyInstance;
let cancel: ReturnType<typeof vi.fn<JobService['cancel']>>;
beforeEach(async () => {
  cancel = vi.fn(async () => undefined);
  app = await serveJobs({
    show: async () => JOB,
    list: async () => ({ jobs: [], next_marker: null }),
    cancel,
  });
});
afterEach(async () => {
  vi.useRealTimers();
  await app.close();
});

test("the signature of Huawei's own SDK for a list is accepted", async () => {
  expect(await replay(app, LIST)).toEqual({ status: 200, body: { total_count: 0, jobs: [] } });
});

test.each<[string, Changes, string]>([
  ['nothing', { headers: { authorization: undefined } }, 'x-auth-token not found'],
  [
    'half a signature',
    { headers: { authorization: good.slice(0, -1) } },
    'the Authorization header cannot be read',
  ],
  ['an unknown key', { headers: { authorization: good.replace(access, 'x') } }, 'Get secretKey failed'],
  ['the signature of another request', { url: '/v5/a-project/jobs/a-job' }, 'verify aksk signature fail'],
  ['an old signature', { at: LIST.now + 3_600_000 }, 'x-sdk-date has expired'],
  ['an unknown token', { headers: { 'x-auth-token': 'unknown' } }, 'decrypt token fail'],
])("a request with %s is refused in the words of Huawei's gateway", async (_what, changes, why) => {
  const { status, body } = await replay(app, LIST, changes);
  expect(status).toBe(401);
  expect(body).toEqual({
    error_code: 'APIGW.0301',
    error_msg: `${WORDS}${why}`,
    request_id: expect.stringMatching(/^req-/),
  });
});

test('a caller with the role reader may list tasks, but not stop them', async () => {
  const headers = { 'x-auth-token': READER_TOKEN };
  const calls = [
    { method: 'POST', url: '/v5/a-project/jobs/a-job/stop' },
    { method: 'POST', url: '/v5/a-project/jobs/batch-stop', body: { jobs: [{ job_id: 'a-job' }] } },
  ] as const;
  for (const call of calls) {
    const answer = await app.inject({ ...call, headers });
    expect([answer.statusCode, answer.json().error_code]).toEqual([403, 'DRS.M00102']);
  }
  expect((await app.inject({ url: '/v5/a-project/jobs', headers })).statusCode).toBe(200);
  expect(cancel).not.toHaveBeenCalled();
});

test.each([
  ['POST', '/v5/a-project/jobs/a-job/start'],
  ['GET', '/v5/a-project/jobs/a-job/progress'],
] as const)('%s %s is an unknown call', async (method, url) => {
  const answer = await app.inject({ method, url, headers: { 'x-auth-token': READER_TOKEN } });
  expect([answer.statusCode, answer.json().error_code]).toEqual([404, 'APIGW.0101']);
  expect((await app.inject({ method, url })).json().error_code).toBe('APIGW.0301');
});

test.each([
  ['PATCH', '/v5/a-project/jobs/a-job', 'DELETE, GET, HEAD'],
  ['PUT', '/v5/a-project/jobs', 'GET, HEAD'],
  ['GET', '/v5/a-project/jobs/batch-stop', 'POST'],
] as const)('%s %s is refused as a method that the path does not have', async (method, url, allowed) => {
  const answer = await app.inject({ method, url, headers: { 'x-auth-token': READER_TOKEN } });
  expect([answer.statusCode, answer.json().error_code]).toEqual([405, 'APIGW.0101']);
  expect(answer.headers.allow).toBe(allowed);
  expect((await app.inject({ method, url })).json().error_code).toBe('APIGW.0301');
});

test('10,000 requests with malformed signatures are refused without a 500, and leave nothing in memory', async () => {
  await sendMalformed(app, '/v5/a-project/jobs/a-job/stop', good, [401]);
  expect(cancel).not.toHaveBeenCalled();
});
