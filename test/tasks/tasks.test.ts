import { mkdir, rm, rmdir, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { KIB } from '../../src/memory/index.ts';
import { LARGE_OBJECT, TASK_MEMO, type TaskDetails, taskWorkflowId } from '../../src/object-task/index.ts';
import { MIB } from '../support/deployment.ts';
import { until } from '../support/until.ts';
import { SHARE, type TaskRig, taskRig } from './support.ts';

const workflowIdOf = (taskId: string) => taskWorkflowId(SHARE, 'tenant-a', taskId);

let rig: TaskRig;
beforeAll(async () => {
  rig = await taskRig();
  await Promise.all([rig.deployment.startApi(), rig.deployment.startWorker()]);
});
afterAll(() => rig.deployment.stop());

test('an import moves every object below a prefix to the folder of its target', async () => {
  const [one, two] = [await rig.put('bucket', 'a/one', 3 * KIB), await rig.put('bucket', 'a/b/two', 0)];
  await rig.put('bucket', 'other', 10);
  const taskId = await rig.start({ type: 'import', src_target: 'training', src_prefix: 'a/' });
  expect(await rig.ended(taskId, 'SUCCESS', 'FAIL')).toMatchObject({
    task_id: taskId,
    type: 'import',
    status: 'SUCCESS',
    src_target: 'training',
    src_prefix: 'a/',
    dest_target: 'training',
    dest_prefix: 'a/',
    message: '',
    start_time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/),
    end_time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/),
  });
  expect(await rig.get('nas', 'training/a/one')).toEqual(one);
  expect(await rig.get('nas', 'training/a/b/two')).toEqual(two);
  expect(await rig.tree('nas')).toEqual(['training/a/b/two', 'training/a/one']);
});

test('a prefix may be as long as a key', async () => {
  const taskId = await rig.start({ type: 'import', src_target: 'training', src_prefix: 'a/'.repeat(512) });
  expect(await rig.ended(taskId, 'SUCCESS', 'FAIL')).toMatchObject({ status: 'SUCCESS' });
});

test('an export moves files back, below another prefix if the request names one', async () => {
  const file = await rig.put('nas', 'training/results/x', 5 * KIB);
  const task = { type: 'export', src_target: 'training', src_prefix: 'results/', dest_prefix: 'out/' };
  const taskId = await rig.start(task);
  const { end_time, ...ended } = await rig.ended(taskId, 'SUCCESS', 'FAIL');
  expect(ended).toMatchObject({ status: 'SUCCESS', dest_prefix: 'out/' });
  expect(await rig.get('bucket', 'out/x')).toEqual(file);
  await until(
    async () => (await rig.call('GET', `/tasks?type=export&end_time=${end_time}`)).body.count === 1,
  );
});

test('a finished task is deleted, and its files stay', async () => {
  await rig.put('bucket', 'kept/x', 10);
  const taskId = await rig.start({ type: 'import', src_target: 'training', src_prefix: 'kept/' });
  await rig.ended(taskId, 'SUCCESS');
  const deleted = await rig.call('DELETE', `/task/${taskId}`);
  expect([deleted.status, deleted.body]).toEqual([202, null]);
  expect(deleted.headers['x-request-id']).toMatch(/^req-/);
  const gone = await until(async () => {
    const { status, body } = await rig.call('GET', `/task/${taskId}`);
    return status === 200 ? false : { status, body };
  });
  const missing = { errCode: 'SFS.TURBO.0106', errMsg: 'Invalid task id.' };
  expect(gone).toMatchObject({ status: 400, body: missing });
  expect(await rig.call('DELETE', `/task/${taskId}`)).toMatchObject({ status: 400, body: missing });
  expect(await rig.tree('nas')).toContain('training/kept/x');
});

test('a large object is moved by a copy of its own, which the lists of jobs do not show', async () => {
  const [large, small] = [
    await rig.put('bucket', 'mixed/large', 65 * MIB),
    await rig.put('bucket', 'mixed/small', 7),
  ];
  const taskId = await rig.start({ type: 'import', src_target: 'training', src_prefix: 'mixed/' });
  expect(await rig.ended(taskId, 'SUCCESS', 'FAIL')).toMatchObject({ status: 'SUCCESS' });
  expect((await rig.get('nas', 'training/mixed/large')).equals(large)).toBe(true);
  expect(await rig.get('nas', 'training/mixed/small')).toEqual(small);
  const { workflow } = rig.deployment.client;
  const copies = async () => (await workflow.count("WorkflowType = 'copyImage'")).count;
  await until(async () => (await copies()) === 1);
  const { stdout } = await rig.deployment.command('--json', 'list');
  expect(JSON.parse(stdout).jobs).toEqual([]);
  await rig.call('DELETE', `/task/${taskId}`);
  await until(async () => (await copies()) === 0);
});

test('a large object may have the longest possible key', async () => {
  const key = `deep/${'d/'.repeat(509)}x`;
  expect(key.length).toBe(1024);
  await rig.put('bucket', key, 0);
  await truncate(join(rig.deployment.folder, 'bucket', key), LARGE_OBJECT);
  const taskId = await rig.start({ type: 'import', src_target: 'training', src_prefix: 'deep/' });
  expect(await rig.ended(taskId, 'SUCCESS', 'FAIL')).toMatchObject({ status: 'SUCCESS', message: '' });
  expect(await rig.tree('nas')).toContain(`training/${key}`);
});

test('a fault of one object is recorded, and the others are moved', async () => {
  await rig.put('bucket', 'odd/good', 10);
  await rig.put('bucket', 'odd/file', 10);
  await rig.put('nas', 'training/odd/file/in-the-way', 10);
  await symlink('/etc/passwd', join(rig.deployment.folder, 'bucket/odd/link'));
  const taskId = await rig.start({ type: 'import', src_target: 'training', src_prefix: 'odd/' });
  const task = await rig.ended(taskId, 'SUCCESS', 'FAIL');
  expect(task).toMatchObject({ status: 'FAIL' });
  expect(task.message).toMatch(/^1 of 2 objects could not be moved: odd\/file: /);
  expect(await rig.tree('nas')).toEqual(expect.arrayContaining(['training/odd/good']));
  expect(await rig.tree('nas')).not.toContain('training/odd/link');
});

test('a folder that cannot be read is recorded, and the others are exported', async () => {
  await rig.put('nas', 'training/latin/good/x', 10);
  const start = Buffer.from(join(rig.deployment.folder, 'nas/training/latin/caf'));
  const folder = Buffer.concat([start, Buffer.from([0xe9])]);
  await mkdir(folder);
  onTestFinished(() => rmdir(folder));
  const taskId = await rig.start({ type: 'export', src_target: 'training', src_prefix: 'latin/' });
  const { status, message } = await rig.ended(taskId, 'SUCCESS', 'FAIL');
  expect([status, message]).toEqual([
    'FAIL',
    '1 of 2 objects could not be moved: training/latin/caf\ufffd/: its name is not UTF-8',
  ]);
  expect(await rig.tree('bucket')).toContain('latin/good/x');
});

test('files whose names look the same in a list are all recorded', async () => {
  await rig.put('nas', 'training/alike/a', 10);
  const start = Buffer.from(join(rig.deployment.folder, 'nas/training/alike/caf'));
  const files = [0xe8, 0xe9].map((letter) => Buffer.concat([start, Buffer.from([letter])]));
  for (const file of files) await writeFile(file, '');
  onTestFinished(async () => {
    for (const file of files) await rm(file);
  });
  const taskId = await rig.start({ type: 'export', src_target: 'training', src_prefix: 'alike/' });
  const { message } = await rig.ended(taskId, 'SUCCESS', 'FAIL');
  expect(message).toMatch(/^2 of 3 objects could not be moved: /);
});

test('objects that lose attributes, and folders that are left out, are counted, but are not failures', async () => {
  await rig.put('nas', 'training/losing/small', 1);
  await rig.put('nas', 'training/losing/large', 64 * 1024 * 1024);
  await mkdir(join(rig.deployment.folder, 'nas/training/losing/empty'));
  const taskId = await rig.start({ type: 'export', src_target: 'training', src_prefix: 'losing/' });
  expect((await rig.ended(taskId, 'SUCCESS', 'FAIL')).status).toBe('SUCCESS');
  const { memo } = await rig.deployment.client.workflow.getHandle(workflowIdOf(taskId)).describe();
  expect(memo?.[TASK_MEMO]).toMatchObject({
    ...{ objects_moved: 2, objects_failed: 0 },
    ...{ objects_incomplete: 2, folders_left_out: 1 },
  });
});

test('the first hundred failures are reported with their paths, and the others are counted', async () => {
  const deep = `long/${'😀'.repeat(60)}/${'😀'.repeat(60)}/${'😀'.repeat(60)}/${'😀'.repeat(60)}/${'😀'.repeat(60)}`;
  const names = Array.from({ length: 102 }, (_, index) => `${deep}/${1000 + index}`);
  for (const name of names) {
    await rig.put('bucket', name, 1);
    await rig.put('nas', `training/${name}/in-the-way`, 1);
  }
  const taskId = await rig.start({ type: 'import', src_target: 'training', src_prefix: 'long/' });
  const { message } = await rig.ended(taskId, 'SUCCESS', 'FAIL');
  const lines = message.split('\n');
  expect(lines[0]).toMatch(/^102 of 102 objects could not be moved: long\/.*\/1000: /);
  expect(lines[99]).toMatch(/^long\/.*\/1099: /);
  expect(lines.slice(100)).toEqual(['and 2 more']);
  const { memo } = await rig.deployment.client.workflow.getHandle(workflowIdOf(taskId)).describe();
  const task = memo?.[TASK_MEMO] as TaskDetails;
  expect([task.objects_failed, task.failures.length]).toEqual([102, 100]);
  const { path, code, message: why = '' } = task.failures[0] ?? {};
  expect([path, code]).toEqual([`${deep}/1000`, 'conflict']);
  expect([[...why].length, why.at(-1)]).toEqual([300, '…']);
});

test('a task of three thousand objects has a short history', async () => {
  const names = Array.from({ length: 3000 }, (_, index) => `many/${index % 10}/${index}`);
  await Promise.all(names.map((name) => rig.put('bucket', name, Buffer.from(name))));
  const taskId = await rig.start({ type: 'import', src_target: 'training', src_prefix: 'many/' });
  expect(await rig.ended(taskId, 'SUCCESS', 'FAIL')).toMatchObject({ status: 'SUCCESS' });
  const moved = (await rig.tree('nas')).filter((name) => name.startsWith('training/many/'));
  expect(moved).toHaveLength(names.length);
  const handle = rig.deployment.client.workflow.getHandle(workflowIdOf(taskId));
  expect((await handle.describe()).historyLength).toBeLessThan(100);
});
