/**
 * Tests that no answer tells a stranger whether something of another tenant exists. The calls are taken from
 * `/openapi.json`, so that a new call is tried too. The test fails if a call has a parameter that this file
 * does not know.
 */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Answer, eclClient, send } from '../support/http.ts';
import { type TaskRig, taskRig } from '../tasks/support.ts';

const SHARED = randomUUID();
const PRIVATE = randomUUID();
const NOTHING = { job: randomUUID(), image: randomUUID(), task: 'f'.repeat(32), share: randomUUID() };

let rig: TaskRig;
let things: { readonly job: string; readonly image: string; readonly task: string; readonly share: string };
beforeAll(async () => {
  const share = (tenants: readonly string[]) => ({ region: 'nas', targets: { training: 'bucket' }, tenants });
  rig = await taskRig({
    regions: ['ot1', 'ot2', 'nas', 'bucket'],
    config: {
      shares: { [SHARED]: share(['tenant-a', 'tenant-b']), [PRIVATE]: share(['tenant-a']) },
      // With low limits, both answers could be refusals of too many requests, which are the same whatever
      // exists.
      tenant_limits: { requests_per_second: 1_000_000, concurrent_requests: 1000 },
    },
  });
  await rig.deployment.startApi();
  const image = await rig.deployment.addImage('ot1', 1000, { owner: 'tenant-a' });
  const a = eclClient(rig.deployment);
  const job = await a.start({ image_id: image.id, tenant_id_dst: 'tenant-a' });
  const { body } = await rig.call(
    'POST',
    '/task',
    { type: 'import', src_target: 'training' },
    { share: SHARED },
  );
  things = { job, image: image.id, task: body.task_id, share: PRIVATE };
});
afterAll(() => rig.deployment.stop());

interface Operation {
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
  readonly requestBody?: unknown;
}

/** The names with which a call is made. */
interface Names {
  readonly project: string;
  readonly share: string;
  readonly job: string;
  readonly image: string;
  readonly task: string;
}

const IN_PATH: Record<string, (names: Names) => string> = {
  version: () => '2',
  project_id: ({ project }) => project,
  share_id: ({ share }) => share,
  job_id: ({ job }) => job,
  imageId: ({ image }) => image,
  task_id: ({ task }) => task,
};

/** The bodies of the calls that need one, by the paths of the calls. */
const BODIES: Record<string, (names: Names, tenant: string) => object> = {
  '/v2/extension/image_replicator/jobs': ({ image }, tenant) => ({ image_id: image, tenant_id_dst: tenant }),
  '/v2/extension/image_replicator/jobs/{job_id}/pause': () => ({}),
  '/v2/extension/image_replicator/jobs/{job_id}/resume': () => ({}),
  '/v{version}/image/{imageId}': () => ({ destRegion: ['ot2'] }),
  '/v5/{project_id}/jobs/{job_id}/stop': () => ({}),
  '/v5/{project_id}/jobs/batch-stop': ({ job }) => ({ jobs: [{ job_id: job }] }),
  '/v3/{project_id}/jobs': ({ job }) => ({ cur_page: 1, per_page: 10, name: job }),
  '/v3/{project_id}/jobs/batch-detail': ({ job }) => ({ jobs: [job] }),
  '/v3/{project_id}/jobs/batch-status': ({ job }) => ({ jobs: [job] }),
  '/v3/{project_id}/jobs/batch-progress': ({ job }) => ({ jobs: [job] }),
  '/v3/{project_id}/jobs/batch-jobs': ({ job }) => ({
    jobs: [{ job_id: job, delete_type: 'force_terminate' }],
  }),
  '/v1/{project_id}/sfs-turbo/{share_id}/hpc-cache/task': () => ({ type: 'import', src_target: 'training' }),
};

const HEALTH = ['/healthz', '/readyz'];

async function calls() {
  const { text } = await send(`${rig.deployment.apiUrl}/openapi.json`);
  const { paths } = JSON.parse(text) as { paths: Record<string, Record<string, Operation>> };
  return Object.entries(paths)
    .filter(([path]) => !HEALTH.includes(path))
    .flatMap(([path, operations]) =>
      Object.entries(operations).flatMap(([method, operation]) => {
        const queries = (operation.parameters ?? []).filter((parameter) => parameter.in === 'query');
        const variants = ['', ...queries.map(({ name }) => `?${name}=`)];
        return variants.map((query) => ({ method: method.toUpperCase(), path, query, operation }));
      }),
    );
}

async function ask(
  { method, path, query, operation }: Awaited<ReturnType<typeof calls>>[number],
  names: Names,
  tenant: string,
  token: string | undefined,
): Promise<Answer> {
  const url = path.replaceAll(/\{(\w+)\}/g, (_match, name: string) => {
    const value = IN_PATH[name];
    if (value === undefined) throw new Error(`${path}: this test does not know what {${name}} is`);
    return value(names);
  });
  const body = BODIES[path];
  if (operation.requestBody !== undefined && body === undefined) throw new Error(`${path}: which body?`);
  return send(`${rig.deployment.apiUrl}${url}${query}`, {
    method,
    ...(token !== undefined && { token }),
    ...(operation.requestBody !== undefined && { body: body?.(names, tenant) }),
  });
}

/**
 * Returns an answer without the names in its request, and without anything that differs between any two
 * answers.
 */
function told({ status, headers, text }: Answer, names: Names): unknown {
  const requestId = /req-[0-9a-f-]{36}/g;
  const anonymous = (plain: string) =>
    [names.share, names.job, names.image, names.task, names.project]
      .reduce((rest, name, index) => rest.replaceAll(name, `<${index}>`), plain)
      .replaceAll(requestId, '<request>')
      // Jobs and tasks that the stranger has started have new ids.
      .replaceAll(/[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '<new>');
  const { date: _date, ...rest } = headers;
  return [status, anonymous(text), anonymous(JSON.stringify(rest))];
}

test.each(['another tenant', 'nobody'])('%s cannot tell whether something exists', async (who) => {
  const { a: _a, b } = rig.deployment.tokens;
  const token = who === 'nobody' ? undefined : b;
  const differences: unknown[] = [];
  for (const call of await calls()) {
    for (const project of ['tenant-b', 'tenant-a']) {
      for (const share of [SHARED, PRIVATE]) {
        const there = { ...things, project, share };
        const other = project === 'tenant-b' ? project : 'tenant-x';
        const none = { ...NOTHING, project: other, share: share === SHARED ? share : NOTHING.share };
        const [present, absent] = await Promise.all([
          ask(call, there, 'tenant-b', token),
          ask(call, none, 'tenant-b', token),
        ]);
        const [one, two] = [told(present, there), told(absent, none)];
        const name = `${call.method} ${call.path}${call.query}`;
        if (JSON.stringify(one) !== JSON.stringify(two)) differences.push({ name, there: one, none: two });
        for (const { status } of [present, absent]) expect([429, 503], name).not.toContain(status);
        if (who === 'nobody') expect(present.status, name).toBeGreaterThanOrEqual(401);
      }
    }
  }
  expect(differences).toEqual([]);
});

test('the owner sees what strangers do not', async () => {
  const { a } = rig.deployment.tokens;
  const shown = (await calls()).filter(({ method, query, path }) => {
    return method === 'GET' && query === '' && /\{(job_id|imageId|task_id)\}$/.test(path);
  });
  expect(shown.length).toBeGreaterThanOrEqual(4);
  for (const call of shown) {
    const names = { ...things, project: 'tenant-a', share: SHARED, image: things.job };
    expect((await ask(call, names, 'tenant-a', a)).status, call.path).toBe(200);
    const none = { ...NOTHING, project: 'tenant-a', share: SHARED };
    expect((await ask(call, none, 'tenant-a', a)).status, call.path).toBeGreaterThanOrEqual(400);
  }
});
