import { afterEach, beforeEach, expect, test } from 'vitest';
import { MIB } from '../support/deployment.ts';
import { until } from '../support/until.ts';
import { type TaskRig, taskRig } from './support.ts';

const TASK = { type: 'import', src_target: 'training', src_prefix: 'big/' };
const MISSING = { errCode: 'SFS.TURBO.0106', errMsg: 'Invalid task id.' };

let rig: TaskRig;
beforeEach(async () => {
  rig = await taskRig();
  await rig.deployment.startApi();
});
afterEach(() => rig.deployment.stop());

/** Starts a task, and waits until it has moved a small object and is in the middle of a large one. */
async function runningTask(): Promise<string> {
  await rig.put('bucket', 'big/large', 128 * MIB);
  await rig.put('bucket', 'big/small', 100);
  const taskId = await rig.start(TASK);
  await until(async () => {
    const files = await rig.tree('nas');
    // Until the small object is in its place for good, it has two names, and a worker that dies leaves both.
    const isMoving = files.some((name) => name.startsWith('.image-replicator/small-'));
    const isMoved = files.includes('training/big/small') && !isMoving;
    return isMoved && files.some((name) => name.endsWith('/data'));
  });
  return taskId;
}

const isGone = async (taskId: string) => {
  const { status, body } = await rig.call('GET', `/task/${taskId}`);
  if (status !== 200) return { status, body };
  expect(body.status).toBe('DELETING');
  return false;
};

test('a running task is stopped and removed; its moved objects stay, and nothing else is left', async () => {
  await rig.deployment.startSlowWorker(1000);
  const taskId = await runningTask();
  expect((await rig.call('GET', `/task/${taskId}`)).body.status).toBe('DOING');
  expect((await rig.call('DELETE', `/task/${taskId}`)).status).toBe(202);
  expect(await until(() => isGone(taskId))).toMatchObject({ status: 400, body: MISSING });
  expect(await rig.call('DELETE', `/task/${taskId}`)).toMatchObject({ status: 400, body: MISSING });
  expect(await rig.tree('nas')).toEqual(['training/big/small']);
  await until(async () => (await rig.call('GET', '/tasks')).body.count === 0);
});

test('a deletion waits for a worker, and the task is shown as DELETING until then', async () => {
  const worker = await rig.deployment.startSlowWorker(1000);
  const taskId = await runningTask();
  await worker.stop('SIGKILL');
  for (let asked = 0; asked < 2; asked += 1) {
    expect((await rig.call('DELETE', `/task/${taskId}`)).status).toBe(202);
    expect((await rig.call('GET', `/task/${taskId}`)).body.status).toBe('DELETING');
  }
  const { tasks } = await until(async () => {
    const { body } = await rig.call('GET', '/tasks?status=DELETING');
    return body.count === 1 && body;
  });
  expect(tasks).toMatchObject([{ task_id: taskId, status: 'DELETING' }]);
  const { stdout } = await rig.deployment.command('--json', 'tasks');
  expect(JSON.parse(stdout).tasks).toMatchObject([{ status: 'deleting' }]);
  // The worker goes on with the copy until it is told to stop. A fast worker would finish before that.
  await rig.deployment.startSlowWorker(1000);
  await until(() => isGone(taskId));
  expect(await rig.tree('nas')).toEqual(['training/big/small']);
});

test('after a worker dies in the middle of a task, another worker completes the task', async () => {
  const worker = await rig.deployment.startSlowWorker(1000);
  const taskId = await runningTask();
  await worker.stop('SIGKILL');
  await rig.deployment.startWorker();
  expect(await rig.ended(taskId, 'SUCCESS', 'FAIL')).toMatchObject({ status: 'SUCCESS' });
  expect((await rig.get('nas', 'training/big/large')).equals(await rig.get('bucket', 'big/large'))).toBe(
    true,
  );
  expect(await rig.tree('nas')).toEqual(['training/big/large', 'training/big/small']);
});

test('a task that an operator cancels ends as failed, and leaves nothing unfinished', async () => {
  await rig.deployment.startSlowWorker(1000);
  const taskId = await runningTask();
  const [workflow] = await rig.workflows();
  await rig.deployment.temporal('workflow', 'cancel', '-w', workflow ?? '');
  expect(await rig.ended(taskId, 'FAIL')).toMatchObject({ message: 'the task was cancelled' });
  expect(await rig.tree('nas')).toEqual(['training/big/small']);
});
