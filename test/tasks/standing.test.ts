/** Tests that a task that stands still says why, in its message and to an operator. */
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { until } from '../support/until.ts';
import { type TaskRig, taskRig } from './support.ts';

let rig: TaskRig;
beforeAll(async () => {
  rig = await taskRig();
  await rig.deployment.startApi();
});
afterAll(() => rig?.deployment.stop());

const TASK = { type: 'import', src_target: 'training', src_prefix: 'run/' };
const messageOf = async (id: string) => (await rig.call('GET', `/task/${id}`)).body.message;
const listed = async (id: string) => {
  const { stdout, stderr } = await rig.deployment.command('--json', 'tasks');
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout).tasks.find(({ task_id }: { task_id: string }) => task_id === id);
};

test('the task says what it waits for, which fault it had, and when it tries again', async () => {
  await rig.put('bucket', 'run/one', 1000);
  const id = await rig.start(TASK);
  await expect.poll(() => messageOf(id)).toBe('waiting for a worker on Task Queue image-copy');

  const folder = join(rig.deployment.folder, 'bucket');
  await rename(folder, `${folder}-away`);
  await rig.deployment.startWorker();
  const message = await until(async () => {
    const told = await messageOf(id);
    return /next try at/.test(told) && told;
  });
  expect(message).toMatch(/^.+; next try at 20[^;]+Z/);
  const task = await until(async () => {
    const found = await listed(id);
    return found?.standing?.next_retry_at && found;
  });
  expect(task).toMatchObject({ status: 'running', tenant_id: 'tenant-a', fault: null });
  expect(task.standing.fault.code).toBe('unavailable');
  const { stdout } = await rig.deployment.command('tasks');
  expect(stdout).toContain(task.standing.fault.message);
  const shown = await until(async () => {
    const text = (await rig.deployment.command('tasks', 'show', id)).stdout;
    return /next try/.test(text) && text;
  });
  expect(shown).toContain(`last fault    unavailable at the source: ${task.standing.fault.message}`);
  expect(shown).toMatch(/^next try {6}20\S+Z$/m);
  expect(shown).toMatch(/^moved {9}0 objects/m);
  const [workflow = ''] = await rig.workflows();
  const told = await rig.deployment.temporal('workflow', 'metadata', '--workflow-id', workflow);
  expect(told).toContain('image-replicator tasks show');

  await rename(`${folder}-away`, folder);
  expect((await rig.ended(id, 'SUCCESS', 'FAIL')).message).toBe('');
  const { stdout: ended } = await rig.deployment.command('--json', 'tasks', 'show', workflow);
  expect(JSON.parse(ended)).toMatchObject({ status: 'succeeded', objects_moved: 1, standing: null });
});

test('an unknown task cannot be shown', async () => {
  const { code, stderr } = await rig.deployment.command('--json', 'tasks', 'show', 'none');
  expect(code).toBe(4);
  expect(JSON.parse(stderr).error).toEqual({ code: 'task_not_found', message: 'there is no task none' });
});

test('the answer to a deletion has no body', async () => {
  const id = await rig.start(TASK);
  const { status, body, headers } = await rig.call('DELETE', `/task/${id}`);
  expect([status, body, headers['content-length']]).toEqual([202, null, '0']);
});
