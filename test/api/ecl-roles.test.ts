import { PassThrough } from 'node:stream';
import { pino } from 'pino';
import { beforeEach, expect, test } from 'vitest';
import { createApi } from '../../src/api/index.ts';
import { tenantLimits } from '../../src/config/tenant-limits.ts';
import type { Identity, Principal } from '../../src/identity/index.ts';
import { JobError, type JobService } from '../../src/job-service/index.ts';
import type { TaskService } from '../../src/task-service/index.ts';
import { JOBS } from '../support/http.ts';
import { API_CONFIG } from './refusals-rig.ts';

const CREDENTIAL = { token: 'token-of-alice', catalog: [] };
const mayCopyInto = async (tenantId: string) => tenantId === 'tenant-a';
const PRINCIPALS: Readonly<Record<string, Principal>> = {
  'token-of-alice': { tenant_id: 'tenant-a', may_copy: true, credential: CREDENTIAL, mayCopyInto },
  'token-of-rita': { tenant_id: 'tenant-a', may_copy: false, mayCopyInto },
};
const identity: Identity = {
  challenge: 'Keystone uri="http://keystone.example"',
  authenticate: async (token) => PRINCIPALS[token] ?? null,
  check: async () => undefined,
};
const BODY = { image_id: 'an-image', tenant_id_dst: 'tenant-a' };

/** The calls that reached the job service. */
let asked: unknown[][];
let refusal: JobError | null;
let log: string;
beforeEach(() => {
  [asked, refusal, log] = [[], null, ''];
});

async function send(method: 'GET' | 'POST' | 'DELETE', path: string, token: string, body?: object) {
  const taken =
    <T>(name: string, answer: T) =>
    async (...args: unknown[]) => {
      asked.push([name, ...args]);
      if (refusal !== null) throw refusal;
      return answer;
    };
  const jobs = {
    start: taken('start', { job_id: 'a-job' }),
    list: taken('list', { jobs: [], next_marker: 'next&page' }),
    cancel: taken('cancel', undefined),
  } as unknown as JobService;
  const lines = new PassThrough();
  lines.on('data', (line) => {
    log += String(line);
  });
  const app = await createApi(
    {
      jobs,
      tasks: {} as TaskService,
      identity,
      config: API_CONFIG,
      regionNames: () => ['ot1', 'ot2'],
      forRequest: (_signal, work) => work(),
      limitsOf: tenantLimits(),
    },
    pino({}, lines),
  );
  const headers = { 'x-auth-token': token };
  const answer = await app.inject({ method, url: path, headers, ...(body !== undefined && { body }) });
  await app.close();
  return answer;
}

test('a caller without a good token gets the documented 401, with the address of Keystone', async () => {
  const answer = await send('GET', JOBS, 'token-of-nobody');
  expect([answer.statusCode, answer.body]).toEqual([401, '401 Unauthorized\n\nAuthentication required.']);
  expect(answer.headers).toMatchObject({
    'www-authenticate': 'Keystone uri="http://keystone.example"',
    'content-type': 'text/plain; charset=UTF-8',
    vary: 'X-Auth-Token',
  });
});

test('a caller with the role reader can list jobs, but neither start nor cancel one', async () => {
  expect((await send('GET', JOBS, 'token-of-rita')).statusCode).toBe(200);
  for (const answer of [
    await send('POST', JOBS, 'token-of-rita', BODY),
    await send('DELETE', `${JOBS}/a-job`, 'token-of-rita'),
  ]) {
    expect(answer.statusCode).toBe(403);
    expect(answer.json()).toEqual({
      code: 403,
      title: 'Forbidden',
      message: 'your roles allow you to look at jobs, not to start or cancel one',
    });
  }
  expect(asked.map(([name]) => name)).toEqual(['list']);
});

test("a copy is started with the caller's own credential", async () => {
  expect((await send('POST', JOBS, 'token-of-alice', BODY)).statusCode).toBe(202);
  expect(asked).toEqual([
    ['start', { tenant_id: 'tenant-a' }, expect.anything(), { dialect: 'ecl', credential: CREDENTIAL }],
  ]);
});

test("a cancel is passed on without the caller's credential", async () => {
  expect((await send('DELETE', `${JOBS}/a-job`, 'token-of-alice')).statusCode).toBe(204);
  expect(asked).toEqual([
    ['cancel', { tenant_id: 'tenant-a' }, 'a-job', { requested_by: 'tenant tenant-a' }],
  ]);
});

test('a project that the caller may not copy into is not found', async () => {
  const answer = await send('POST', JOBS, 'token-of-alice', { ...BODY, tenant_id_dst: 'tenant-b' });
  expect([answer.statusCode, answer.json().message]).toEqual([
    404,
    'tenant_id_dst: there is no tenant tenant-b',
  ]);
});

test('a quota that is used up is answered with 413', async () => {
  refusal = new JobError('quota_exceeded', 'there is no room left');
  const answer = await send('POST', JOBS, 'token-of-alice', BODY);
  expect(answer.json()).toMatchObject({ code: 413, message: 'there is no room left' });
});

test('the link to the next page is only a query, so that it works behind any prefix', async () => {
  const answer = await send('GET', `${JOBS}?limit=1`, 'token-of-alice');
  expect(answer.headers.link).toBe('<?limit=1&marker=next%26page>; rel="next"');
});

test('the log contains no token, even if a request fails', async () => {
  refusal = new JobError('unavailable', 'nobody answers', { cause: new Error('away') });
  await send('POST', JOBS, 'token-of-alice', BODY);
  expect(log).toContain('request failed');
  expect(log).not.toContain('token-of-alice');
});
