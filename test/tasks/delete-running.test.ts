import { afterEach, beforeEach, expect, test } from 'vitest';
import { MIB } from '../support/deployment.ts';
import { until } from '../support/until.ts';
import { type TaskRig, taskRig } from './support.ts';

const TASK = { type: 'import', src_target: 'training', src_prefix: 'big/' };
const MISSING = { errCode: 'SFS.TURBO.0106', errMsg: 'Invalid task id.' };

let it: TaskRig;
beforeEach(async () => {
  it = await taskRig();
  await it.deployment.startApi();
});
afterEach(() => it.deployment.stop());

/** A task in the middle of a large object; a small one is there already. */
async function runningTask(): Promise<string> {
  await it.put('bucket', 'big/large', 128 * MIB);
  await it.put('bucket', 'big/small', 100);
  const taskId = await it.start(TASK);
  await until(async () => {
    const files = await it.tree('nas');
    return files.includes('training/big/small') && files.some((name) => name.endsWith('/data'));
  });
  return taskId;
}

const isGone = async (taskId: string) => {
  const { status, body } = await it.call('GET', `/task/${taskId}`);
  if (status !== 200) return { status, body };
  expect(body.status).toBe('DELETING');
  return false;
};

test('a running task is stopped and removed; what was moved stays, and nothing else is left', async () => {
  await it.deployment.startSlowWorker(1000);
  const taskId = await runningTask();
  expect((await it.call('GET', `/task/${taskId}`)).body.status).toBe('DOING');
  expect((await it.call('DELETE', `/task/${taskId}`)).status).toBe(202);
  expect(await until(() => isGone(taskId))).toMatchObject({ status: 400, body: MISSING });
  expect(await it.call('DELETE', `/task/${taskId}`)).toMatchObject({ status: 400, body: MISSING });
  expect(await it.tree('nas')).toEqual(['training/big/small']);
  await until(async () => (await it.call('GET', '/tasks')).body.count === 0);
});

test('a deletion waits for a worker, and is shown meanwhile', async () => {
  const worker = await it.deployment.startSlowWorker(1000);
  const taskId = await runningTask();
  await worker.stop('SIGKILL');
  for (let asked = 0; asked < 2; asked += 1) {
    expect((await it.call('DELETE', `/task/${taskId}`)).status).toBe(202);
    expect((await it.call('GET', `/task/${taskId}`)).body.status).toBe('DELETING');
  }
  const { tasks } = await until(async () => {
    const { body } = await it.call('GET', '/tasks?status=DELETING');
    return body.count === 1 && body;
  });
  expect(tasks).toMatchObject([{ task_id: taskId, status: 'DELETING' }]);
  // It goes on with the copy before it knows that it is to stop: a fast one would come to its end.
  await it.deployment.startSlowWorker(1000);
  await until(() => isGone(taskId));
  expect(await it.tree('nas')).toEqual(['training/big/small']);
});

test('a worker that dies costs a task only what was under way', async () => {
  const worker = await it.deployment.startSlowWorker(1000);
  const taskId = await runningTask();
  await worker.stop('SIGKILL');
  await it.deployment.startWorker();
  expect(await it.ended(taskId, 'SUCCESS', 'FAIL')).toMatchObject({ status: 'SUCCESS' });
  expect((await it.get('nas', 'training/big/large')).equals(await it.get('bucket', 'big/large'))).toBe(true);
  expect(await it.tree('nas')).toEqual(['training/big/large', 'training/big/small']);
});

test('a task that an operator cancels is a failed one, and leaves nothing half made', async () => {
  await it.deployment.startSlowWorker(1000);
  const taskId = await runningTask();
  const [workflow] = await it.workflows();
  await it.deployment.temporal('workflow', 'cancel', '-w', workflow ?? '');
  expect(await it.ended(taskId, 'FAIL')).toMatchObject({ message: 'the task was cancelled' });
  expect(await it.tree('nas')).toEqual(['training/big/small']);
});
