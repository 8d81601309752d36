import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Deployment, deploy } from '../support/deployment.ts';
import { JOBS, send } from '../support/http.ts';
import type { TestProcess } from '../support/process.ts';
import { until } from '../support/until.ts';

let deployment: Deployment;
let api: TestProcess;
beforeAll(async () => {
  deployment = await deploy();
  api = await deployment.startApi();
});
afterAll(() => deployment.stop());

describe.each([
  ['POST', JOBS],
  ['GET', JOBS],
  ['GET', `${JOBS}/33911588-c299-4369-a240-7e5b741cdb6a`],
  ['DELETE', `${JOBS}/33911588-c299-4369-a240-7e5b741cdb6a`],
])('%s %s', (method, path) => {
  test.each<[string, Record<string, string>]>([
    ['no token', {}],
    ['an empty token', { 'x-auth-token': '' }],
    ['an unknown token', { 'x-auth-token': 'nobody-has-this-one' }],
    ['a hash instead of a token', { 'x-auth-token': 'e'.repeat(64) }],
    ['a token of 8 KiB', { 'x-auth-token': 'x'.repeat(8192) }],
    ['a bearer token', { authorization: 'Bearer nobody-has-this-one' }],
  ])('gets the documented 401 with %s', async (_name, headers) => {
    const answer = await send(`${deployment.apiUrl}${path}`, { method, headers });
    expect(answer.status).toBe(401);
    expect(answer.text).toBe('401 Unauthorized\n\nAuthentication required.');
    expect(answer.headers['content-type']).toBe('text/plain; charset=UTF-8');
    expect(answer.headers.vary).toBe('X-Auth-Token');
    expect(answer.headers['x-openstack-request-id']).toMatch(/^req-[0-9a-f-]{36}$/);
  });
});

test('a request without a token gets a 401, even if its body is not valid', async () => {
  const answer = await send(`${deployment.apiUrl}${JOBS}`, { method: 'POST', body: '{"image_id": ' });
  expect(answer.status).toBe(401);
});

test('neither an answer nor the log contains a token', async () => {
  const { a } = deployment.tokens;
  const bad = 'a-token-that-has-just-expired';
  const answers = await Promise.all([
    send(`${deployment.apiUrl}${JOBS}`, { token: a }),
    send(`${deployment.apiUrl}${JOBS}/unknown`, { token: a }),
    send(`${deployment.apiUrl}${JOBS}`, { token: a, method: 'POST', body: 'no JSON' }),
    send(`${deployment.apiUrl}${JOBS}/%zz`, { token: a }),
    send(`${deployment.apiUrl}${JOBS}`, { token: bad }),
  ]);
  expect(answers.map(({ status }) => status)).toEqual([200, 404, 400, 404, 401]);
  await until(() => api.logged('request completed').length >= answers.length - 1);
  for (const secret of [a, bad]) {
    expect(api.output()).not.toContain(secret);
    for (const { text, headers } of answers) expect(text + JSON.stringify(headers)).not.toContain(secret);
  }
});

test('a request id that the client sends is ignored', async () => {
  const headers = { 'x-openstack-request-id': 'req-mine', 'request-id': 'req-mine' };
  const answer = await send(`${deployment.apiUrl}${JOBS}`, { token: deployment.tokens.a, headers });
  expect(answer.headers['x-openstack-request-id']).toMatch(/^req-[0-9a-f-]{36}$/);
});
