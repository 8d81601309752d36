/** Tests inputs with which no workflow can work. Anybody with a Temporal client can send them. */
import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CLEAN_UP, COPY_IMAGE, JOB_STATUSES, SWEEP_REGION, TASK_QUEUE } from '../../src/copy-job/index.ts';
import { DELETE_TASK, MOVE_OBJECTS } from '../../src/object-task/index.ts';
import { gate, holdingTransfer } from '../support/workflow-hooks.ts';
import { detailsOf, endOf, type Rig, startRig, untilDetails } from '../support/workflow-rig.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig();
});
afterAll(() => rig?.stop());

/** A payload that the SDK cannot decode. */
const FOREIGN = {
  metadata: { encoding: Buffer.from('application/x-foreign') },
  data: Buffer.from('whatever'),
};

async function start(workflow: string, args: unknown[], memo?: Record<string, unknown>) {
  const options = { workflowId: randomUUID(), taskQueue: TASK_QUEUE, args, ...(memo && { memo }) };
  return rig.client.workflow.start(workflow, options);
}

/** Starts a workflow with exactly these payloads. */
async function startRaw(workflow: string, fields: object) {
  const workflowId = randomUUID();
  await rig.client.workflowService.startWorkflowExecution({
    namespace: rig.deployment.namespace,
    requestId: randomUUID(),
    workflowId,
    workflowType: { name: workflow },
    taskQueue: { name: TASK_QUEUE },
    ...fields,
  });
  return rig.client.workflow.getHandle(workflowId);
}

const WRONG: readonly [string, string, unknown[], string][] = [
  [MOVE_OBJECTS, 'nothing', [], 'input: is missing'],
  [MOVE_OBJECTS, 'a number', [5], 'input: has to be an object'],
  [MOVE_OBJECTS, 'an empty object', [{}], 'task_id: is missing'],
  [MOVE_OBJECTS, 'a place to go on that is a number', [{}, 5], 'input: has to be a text'],
  [CLEAN_UP, 'nothing', [], 'plan.destination.region: is missing'],
  [CLEAN_UP, 'a number', [5], 'plan.destination.region: is missing'],
  [CLEAN_UP, 'a plan that is a text', [{ plan: 'all of it' }], 'plan.destination.region: is missing'],
  [DELETE_TASK, 'nothing', [], 'input: is missing'],
  [DELETE_TASK, 'a number', [5], 'input: has to be a text'],
  [SWEEP_REGION, 'nothing', [], 'region: is missing'],
  [
    SWEEP_REGION,
    'a grace that is a text',
    [{ region: 'ot2', task_queue: 'q', dry_run: true, grace: '1h' }],
    'grace: has to be a number',
  ],
];

test.each(WRONG)(
  '%s with %s fails at once, and says what is wrong',
  async (workflow, _what, args, message) => {
    const { closed, failure } = await endOf({ handle: await start(workflow, args) });
    expect(closed).toBe('FAILED');
    expect(failure).toMatchObject({ type: 'invalid_request', message });
  },
);

test.each([COPY_IMAGE, MOVE_OBJECTS, CLEAN_UP, DELETE_TASK, SWEEP_REGION])(
  '%s with an input that cannot be decoded fails at once, and says so',
  async (workflow) => {
    const handle = await startRaw(workflow, { input: { payloads: [FOREIGN] } });
    const { closed, failure } = await endOf({ handle });
    expect(closed).toBe('FAILED');
    expect(failure).toMatchObject({ type: 'invalid_request' });
    expect(failure?.message).toMatch(/^input: cannot be decoded: .*application\/x-foreign/);
  },
);

const NO_STATUS = `memo.job.status: has to be one of: ${JOB_STATUSES.join(', ')}`;
const MEMOS: readonly [string, string, unknown, string][] = [
  [COPY_IMAGE, 'job', 'a text', NO_STATUS],
  [COPY_IMAGE, 'job', { status: 'done' }, NO_STATUS],
  [
    COPY_IMAGE,
    'job',
    { status: 'replicated' },
    "memo.job.status: is 'replicated', but no job begins with that status",
  ],
  [COPY_IMAGE, 'job', { status: 'replicating', cancel: 'now' }, 'memo.job.cancel: has to be an object'],
  [MOVE_OBJECTS, 'task', 5, 'memo.task: is not the record of a task'],
];

test.each(MEMOS)(
  '%s whose memo %s has another form (%j) fails at once',
  async (workflow, key, memo, message) => {
    const { closed, failure } = await endOf({ handle: await start(workflow, [{}], { [key]: memo }) });
    expect(closed).toBe('FAILED');
    expect(failure).toMatchObject({ type: 'invalid_request', message });
  },
);

test('a job whose memo cannot be decoded fails at once', async () => {
  const handle = await startRaw(COPY_IMAGE, { memo: { fields: { job: FOREIGN } } });
  // `describe` cannot be used here, because our client cannot decode the memo either.
  const message = expect.stringMatching(/^memo\.job: cannot be decoded/);
  await expect(handle.result()).rejects.toMatchObject({ cause: { message } });
});

test('a cancel that cannot be understood is refused as an update; as a signal it is accepted, and the reason tells its fault', async () => {
  const at = gate();
  const job = await rig.startJob({ source: holdingTransfer(at, 1) });
  await at.reached;
  const refused = job.handle.executeUpdate('requestCancel', { args: [{ reason: 5 }] });
  await expect(refused).rejects.toMatchObject({
    cause: { type: 'invalid_request', message: 'reason: has to be a text' },
  });
  expect((await detailsOf(job)).cancel).toBeNull();
  await job.handle.signal('cancel', { reason: 5 });
  const { details } = await endOf(job);
  expect(details).toMatchObject({
    status: 'canceled',
    cancel: { reason: '(not understood: reason: has to be a text)' },
  });
});

test('a cancel signal that cannot be decoded still cancels the job', async () => {
  const at = gate();
  const job = await rig.startJob({ source: holdingTransfer(at, 1) });
  await at.reached;
  await untilDetails(job, ({ phase }) => phase === 'transfer');
  await rig.client.workflowService.signalWorkflowExecution({
    namespace: rig.deployment.namespace,
    workflowExecution: { workflowId: job.handle.workflowId },
    signalName: 'cancel',
    input: { payloads: [FOREIGN] },
  });
  const { details } = await endOf(job);
  expect(details.cancel?.reason).toMatch(/^\(not understood: input: cannot be decoded/);
});

test('an image whose record is too large for a history fails the job, and the fault names the field', async () => {
  const image = await rig.deployment.addImage('ot1', 1000);
  const record = { ...image, properties: { hw_note: 'x'.repeat(600 * 1024) } };
  await writeFile(join(rig.deployment.folder, 'ot1', image.id, 'image.json'), JSON.stringify(record));
  const job = await rig.startJob({ image });
  const { details } = await endOf(job);
  expect(details).toMatchObject({ status: 'error', fault: { code: 'invalid_image', side: 'source' } });
  expect(details.fault?.message).toContain('of them in properties.hw_note');
});
