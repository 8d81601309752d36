import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Deployment, deploy } from '../support/deployment.ts';
import { type EclClient, eclClient, JOBS, messageOf, send } from '../support/http.ts';
import { until } from '../support/until.ts';
import { resetWorkflow } from '../support/workflow-reset.ts';

let deployment: Deployment;
let a: EclClient;
let b: EclClient;
let own: string[];
let given: string;
let foreign: string;
let imageId: string;
beforeAll(async () => {
  deployment = await deploy();
  await Promise.all([deployment.startWorker(), deployment.startApi()]);
  a = eclClient(deployment);
  b = eclClient(deployment, deployment.tokens.b);
  imageId = (await deployment.addImage('ot1', 10)).id;
  own = [];
  for (let i = 0; i < 7; i += 1) own.push(await a.start({ image_id: imageId, tenant_id_dst: 'tenant-a' }));
  given = await a.start({ image_id: imageId, tenant_id_dst: 'tenant-b' });
  foreign = await b.start({ image_id: imageId, tenant_id_dst: 'tenant-b' });
  own.push(given);
  // The list is only sure to be complete once no job changes any more.
  await until(async () => (await a.jobs('?status=replicated')).length === own.length);
  await until(async () => (await b.jobs('?status=replicated')).length === 2);
});
afterAll(() => deployment.stop());

const idsOf = (jobs: readonly { job_id: string }[]) => jobs.map(({ job_id }) => job_id).sort();
const nextOf = (link: string | string[] | undefined) => /^<([^>]+)>; rel="next"$/.exec(String(link))?.[1];

test('a list is an array of jobs, each in the form in which a job is shown', async () => {
  const answer = await a.list();
  expect(answer.status).toBe(200);
  expect(answer.headers.link).toBeUndefined();
  const jobs = JSON.parse(answer.text) as { job_id: string }[];
  expect(idsOf(jobs)).toEqual(own.toSorted());
  expect(jobs.find(({ job_id }) => job_id === own[0])).toEqual(await a.job(own[0] ?? ''));
});

test('a tenant sees only the jobs of which it is the source or the destination', async () => {
  expect(idsOf(await b.jobs())).toEqual([given, foreign].sort());
});

test('a status limits the list to the jobs that have it', async () => {
  expect(await a.jobs('?status=replicating')).toEqual([]);
  expect(idsOf(await a.jobs('?status=replicated'))).toEqual(own.toSorted());
});

test.each([1, 3, 4, 8])('pages of %d jobs contain every job once', async (limit) => {
  const seen: { job_id: string }[] = [];
  for (let next: string | undefined = `${JOBS}?limit=${limit}`; next !== undefined; ) {
    const answer = await send(`${deployment.apiUrl}${next}`, { token: deployment.tokens.a });
    expect(answer.status).toBe(200);
    const page = JSON.parse(answer.text);
    expect(page.length).toBeLessThanOrEqual(limit);
    seen.push(...page);
    const link = nextOf(answer.headers.link);
    // The link has only a query, so that it also works behind a proxy that adds a prefix to the path.
    if (link !== undefined) expect(link).toMatch(new RegExp(`^[?]limit=${limit}&marker=`));
    next = link && `${JOBS}${link}`;
  }
  expect(idsOf(seen)).toEqual(own.toSorted());
});

describe('a marker', () => {
  const markerOf = async (query: string) => {
    const next = nextOf((await a.list(query)).headers.link);
    const marker = new URL(next ?? '', `${deployment.apiUrl}${JOBS}`).searchParams.get('marker');
    if (marker === null) throw new Error(`${query} has no next page`);
    return encodeURIComponent(marker);
  };
  const expectRefused = async (client: EclClient, query: string) => {
    const answer = await client.list(query);
    expect(answer.status).toBe(400);
    expect(messageOf(answer)).toMatch(/^marker: /);
  };

  test("of another tenant's list is refused", async () =>
    expectRefused(b, `?limit=1&marker=${await markerOf('?limit=1')}`));

  test('of a list with another status is refused', async () => {
    const marker = await markerOf('?limit=1&status=replicated');
    await expectRefused(a, `?limit=1&marker=${marker}`);
    await expectRefused(a, `?limit=1&status=error&marker=${marker}`);
  });

  test('in which one character was changed is refused', async () => {
    const marker = await markerOf('?limit=1');
    const changed = `${marker.slice(0, 40)}${marker[40] === 'A' ? 'B' : 'A'}${marker.slice(41)}`;
    await expectRefused(a, `?limit=1&marker=${changed}`);
  });

  test.each([
    ['empty', ''],
    ['a letter', 'x'],
    ['a NUL', '%00'],
    ['some nonsense', 'bm9uc2Vuc2U'],
    ['3,000 characters', 'x'.repeat(3000)],
    ['a rocket', '%F0%9F%9A%80'],
  ])('that is garbage (%s) is refused', (_name, marker) => expectRefused(a, `?marker=${marker}`));

  test('may come with another limit', async () => {
    const answer = await a.list(`?limit=2&marker=${await markerOf('?limit=1')}`);
    expect([answer.status, JSON.parse(answer.text).length]).toEqual([200, 2]);
  });
});

test.each([
  ['limit', 'limit=0'],
  ['limit', 'limit=-1'],
  ['limit', 'limit=1001'],
  ['limit', 'limit=1.5'],
  ['limit', 'limit=many'],
  ['limit', 'limit='],
  ['limit', 'limit=1&limit=2'],
  ['status', 'status=done'],
  ['status', 'status='],
  ['status', "status=replicated' OR 'x'='x"],
  ['status', 'status=error&status=replicated'],
])('a bad %s is refused, and the message names it: %s', async (name, query) => {
  const answer = await a.list(`?${query}`);
  expect(answer.status).toBe(400);
  expect(messageOf(answer)).toMatch(new RegExp(`^${name}\\b`));
});

test('an unknown parameter is ignored, as in OpenStack', async () => {
  expect((await a.list('?sort=asc')).status).toBe(200);
});

// This is the last test: afterwards, a list of several pages may have this job twice.
test('a job that was reset is listed once, as its last run', async () => {
  const id = own[0] ?? '';
  await resetWorkflow(deployment.client, id, 'first');
  const runs = `WorkflowId = '${id}' AND ExecutionStatus = 'Completed'`;
  await until(async () => (await deployment.client.workflow.count(runs)).count === 2);
  const jobs = await a.jobs();
  expect(idsOf(jobs)).toEqual(own.toSorted());
  expect(jobs.find(({ job_id }) => job_id === id)).toEqual(await a.job(id));
});
