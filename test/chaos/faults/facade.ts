import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { request } from 'undici';
import { JOBS } from '../../support/http.ts';
import type { TestProcess } from '../../support/process.ts';
import { untilMoving } from '../phases.ts';
import { startTcpProxy } from '../tcp-proxy.ts';
import type { Expected, Fault, Stage } from '../trial.ts';
import { SLOW } from './common.ts';

/** The longest time for which a facade lives during a request that kills it; milliseconds. */
const MAX_REQUEST_LENGTH = 150;

export const facades: readonly Fault[] = [
  {
    name: 'facade-killed-in-post',
    row: 'facade-post',
    phases: ['requested'],
    stores: ['directory', 's3'],
    run: killedInPost,
  },
  {
    name: 'facade-killed-in-delete',
    row: 'facade-delete',
    phases: ['transferring'],
    stores: ['directory', 's3'],
    run: killedInDelete,
  },
];

/**
 * Sends a request, and kills the facade while the request is under way. Returns the answer if there was one.
 */
async function killedWhile(
  stage: Stage,
  send: () => Promise<{ status: number; text: string }>,
): Promise<{ status: number; text: string } | undefined> {
  const line = await startTcpProxy(stage.temporal.address);
  const api = await stage.deployment.startWith('serve', { env: { TEMPORAL_ADDRESS: line.address } });
  try {
    // In one trial out of three, the facade does not reach Temporal either.
    if (stage.random.between(0, 3) === 0) line.stall();
    const answer = send().catch(() => undefined);
    await sleep(stage.random.between(0, MAX_REQUEST_LENGTH));
    await api.stop('SIGKILL');
    return await answer;
  } finally {
    await line.close();
  }
}

async function call(
  { deployment }: Stage,
  method: 'POST' | 'DELETE',
  path: string,
  { key, body }: { readonly key?: string; readonly body?: object } = {},
) {
  const { apiUrl, tokens } = deployment;
  const answer = await request(`${apiUrl}${JOBS}${path}`, {
    method,
    headers: { 'x-auth-token': tokens.a, ...(key !== undefined && { 'idempotency-key': key }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return { status: answer.statusCode, text: await answer.body.text() };
}

function copyRequest({ image }: Stage) {
  return { image_id: image.id, tenant_id_dst: 'tenant-a', region_id_src: 'ot1', region_id_dst: 'ot2' };
}

/** Kills the facade during a POST. The client repeats the request with its key, and gets the same job. */
async function killedInPost(stage: Stage): Promise<Expected> {
  const post = { key: randomUUID(), body: copyRequest(stage) };
  const first = await killedWhile(stage, () => call(stage, 'POST', '', post));
  const api: TestProcess = await stage.deployment.startApi();
  const again = await call(stage, 'POST', '', post);
  if (again.status !== 202) throw new Error(`POST again: ${again.status} ${again.text}`);
  stage.jobId = JSON.parse(again.text).job_id;
  if (first?.status === 202 && JSON.parse(first.text).job_id !== stage.jobId)
    throw new Error('the same key has made two jobs');
  await stage.startWorker();
  await stage.watch.ended();
  await api.stop('SIGTERM');
  return { ends: ['replicated'] };
}

/** Kills the facade during a DELETE. The client repeats the request, and an accepted cancel still counts. */
async function killedInDelete(stage: Stage): Promise<Expected> {
  const before = await stage.deployment.startApi();
  const made = await call(stage, 'POST', '', { body: copyRequest(stage) });
  stage.jobId = JSON.parse(made.text).job_id;
  await before.stop('SIGTERM');
  const worker = await stage.startWorker({ slow: SLOW });
  await untilMoving(stage, worker);
  const first = await killedWhile(stage, () => call(stage, 'DELETE', `/${stage.jobId}`));
  const api = await stage.deployment.startApi();
  const again = await call(stage, 'DELETE', `/${stage.jobId}`);
  if ([first?.status, again.status].includes(204)) stage.cancelAccepted = true;
  // The first request may have had its effect although its answer was lost. Then the second one is too late.
  if (![204, 409].includes(again.status)) throw new Error(`DELETE again: ${again.status} ${again.text}`);
  await stage.watch.ended();
  await api.stop('SIGTERM');
  return { ends: ['canceled', 'replicated'] };
}
