/** Tests that a task moves and counts each object once, whatever interrupts its batch. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { TASK_MEMO } from '../../src/object-task/index.ts';
import { StoreError } from '../../src/stores/index.ts';
import { until } from '../support/until.ts';
import { gate } from '../support/workflow-hooks.ts';
import { resetWorkflow } from '../support/workflow-reset.ts';
import { startFaultyWorkers } from './faulty-workers.ts';
import { type TaskRig, taskRig } from './support.ts';

const TASK = { type: 'import', src_target: 'training', src_prefix: 'x/' };
const NAMES = Array.from({ length: 100 }, (_, index) => `x/${index + 100}`);
/** The number of objects that are written before the interruption. */
const BEFORE = 30;
/** A value of `temporal.api.enums.v1.PendingActivityState`. */
const PAUSED = 4;
const GIVE_UP_AFTER = 3000;

let rig: TaskRig;
let stopWorkers: () => Promise<void>;
beforeEach(async () => {
  rig = await taskRig({ limits: { heartbeat_timeout: '30s', give_up_after: `${GIVE_UP_AFTER}ms` } });
  await rig.deployment.startApi();
  for (const name of NAMES) await rig.put('bucket', name, Buffer.from(name));
});
afterEach(async () => {
  await stopWorkers?.();
  await rig.deployment.stop();
});

/**
 * Starts a task, and returns when it is in the middle of its batch, where it stays until `at` is open.
 * @param onRead called before each object is read
 */
async function startHeld(at: ReturnType<typeof gate>, onRead = () => {}) {
  let written = 0;
  stopWorkers = await startFaultyWorkers(rig, {
    bucket: ({ read }) => ({
      async read(...call) {
        onRead();
        return read(...call);
      },
    }),
    nas: ({ write }) => ({
      async write(path, data, signal, ...more) {
        if (written++ >= BEFORE) await at.pass(signal);
        return write(path, data, signal, ...more);
      },
    }),
  });
  const taskId = await rig.start(TASK);
  await at.reached;
  const [workflowId = ''] = await until(async () => {
    const found = await rig.workflows();
    return found.length > 0 && found;
  });
  const handle = rig.deployment.client.workflow.getHandle(workflowId);
  return { taskId, handle, written: () => written };
}

const batchOf = async (handle: WorkflowHandle) => (await handle.describe()).raw.pendingActivities?.[0];

/** Runs a command of Temporal's on the batch of a task. */
async function onBatch(handle: WorkflowHandle, command: string): Promise<void> {
  const id = (await batchOf(handle))?.activityId ?? '';
  await rig.deployment.temporal('activity', command, '-w', handle.workflowId, '--activity-id', id);
}

/** Pauses the batch of a task, and waits until its attempt has ended. */
async function pause(handle: WorkflowHandle): Promise<void> {
  await onBatch(handle, 'pause');
  await until(async () => (await batchOf(handle))?.state === PAUSED);
}

async function expectAllMoved(taskId: string, handle: WorkflowHandle): Promise<void> {
  expect(await rig.ended(taskId, 'SUCCESS', 'FAIL')).toMatchObject({ status: 'SUCCESS', message: '' });
  const { memo } = await handle.describe();
  expect(memo?.[TASK_MEMO]).toMatchObject({ objects_moved: NAMES.length, objects_failed: 0 });
  expect(await rig.tree('nas')).toEqual(NAMES.map((name) => `training/${name}`));
  for (const name of NAMES) expect((await rig.get('nas', `training/${name}`)).toString()).toBe(name);
}

const INTERRUPTIONS: Readonly<Record<string, (handle: WorkflowHandle) => Promise<unknown>>> = {
  'is paused and resumed': async (handle) => {
    await pause(handle);
    await onBatch(handle, 'unpause');
  },
  'is reset': (handle) => onBatch(handle, 'reset'),
  'belongs to a task that is reset to its first Workflow Task': ({ workflowId }) =>
    resetWorkflow(rig.deployment.client, workflowId, 'first'),
  'belongs to a task that is reset to its last Workflow Task': ({ workflowId }) =>
    resetWorkflow(rig.deployment.client, workflowId, 'last'),
};

test.each(Object.entries(INTERRUPTIONS))(
  'a batch that %s moves and counts each object once',
  async (_, act) => {
    const at = gate();
    const { taskId, handle } = await startHeld(at);
    await act(handle);
    at.open();
    await expectAllMoved(taskId, handle);
  },
);

/** Returns a function to be called before each read. It throws the next `faults.left` times. */
function brokenReads() {
  const faults = { left: 0 };
  const onRead = () => {
    if (faults.left === 0) return;
    faults.left -= 1;
    throw new StoreError('unavailable', 'no answer', { side: 'source' });
  };
  return { faults, onRead };
}

test('a batch that is paused moves nothing, and is not given up for that', async () => {
  const at = gate();
  const { faults, onRead } = brokenReads();
  const { taskId, handle, written } = await startHeld(at, onRead);
  await pause(handle);
  at.open();
  const before = written();
  await sleep(GIVE_UP_AFTER + 1000);
  expect(written()).toBe(before);
  faults.left = 1;
  await onBatch(handle, 'unpause');
  await expectAllMoved(taskId, handle);
});

test('a batch that stands still after a pause is given up like any other', async () => {
  const at = gate();
  const { faults, onRead } = brokenReads();
  const { taskId, handle } = await startHeld(at, onRead);
  await pause(handle);
  faults.left = Number.POSITIVE_INFINITY;
  await onBatch(handle, 'unpause');
  const { status, message } = await rig.ended(taskId, 'SUCCESS', 'FAIL');
  expect([status, message]).toEqual(['FAIL', expect.stringMatching(/^given up after \d+ s: no answer$/)]);
});

test('a task that was reset is listed once, and not as ended before its end', async () => {
  const at = gate();
  const { taskId, handle } = await startHeld(at);
  const before = (await handle.describe()).runId;
  await resetWorkflow(rig.deployment.client, handle.workflowId, 'first');
  await untilListed(before, 'Terminated');
  await untilListed((await handle.describe()).runId, 'Running');
  const listed = await rig.call('GET', '/tasks');
  expect(listed.body).toMatchObject({ count: 1, tasks: [{ task_id: taskId, status: 'DOING' }] });
  const { stdout } = await rig.deployment.command('--json', 'tasks');
  expect(JSON.parse(stdout).tasks).toMatchObject([{ task_id: taskId, status: 'running' }]);
  at.open();
  await expectAllMoved(taskId, handle);
});

/** Waits until Temporal's list shows a run with a status. */
async function untilListed(runId: string, status: string): Promise<void> {
  const query = `RunId = '${runId}' AND ExecutionStatus = '${status}'`;
  await until(async () => (await rig.deployment.client.workflow.count(query)).count === 1);
}
