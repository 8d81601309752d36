import { truncate } from 'node:fs/promises';
import { join } from 'node:path';
import type { WorkflowHandle } from '@temporalio/client';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { LARGE_OBJECT } from '../../src/object-task/index.ts';
import { StoreError } from '../../src/stores/index.ts';
import { gate } from '../support/workflow-hooks.ts';
import { holdingPrepare, startFaultyWorkers } from './faulty-workers.ts';
import { type TaskRig, taskRig, workflowOf } from './support.ts';

let rig: TaskRig;
let stopWorkers: () => Promise<void>;
beforeEach(async () => {
  rig = await taskRig({ limits: { heartbeat_timeout: '30s', give_up_after: '2s' } });
  await rig.deployment.startApi();
});
afterEach(async () => {
  await stopWorkers();
  await rig.deployment.stop();
});

test('an object that cannot be read for long ends the task, and the objects before it are moved once', async () => {
  const names = Array.from({ length: 100 }, (_, index) => `x/${index + 100}`);
  const bad = names[50] ?? '';
  const reads: string[] = [];
  for (const name of names) await rig.put('bucket', name, Buffer.from(name));
  stopWorkers = await startFaultyWorkers(rig, {
    bucket: ({ read }) => ({
      async read(path, into, signal) {
        reads.push(path);
        if (path === bad) throw new StoreError('unavailable', 'no answer');
        return read(path, into, signal);
      },
    }),
  });
  const taskId = await rig.start({ type: 'import', src_target: 'training', src_prefix: 'x/' });
  const { status, message } = await rig.ended(taskId, 'SUCCESS', 'FAIL');
  expect([status, message]).toEqual(['FAIL', expect.stringMatching(/^given up after \d+ s: no answer$/)]);
  expect(reads.filter((path) => path === bad).length).toBeGreaterThan(1);
  expect(reads.filter((path) => path < bad)).toHaveLength(50);
});

/** Puts objects that are just large enough for copies of their own. */
async function putLarge(count: number): Promise<string[]> {
  const names = Array.from({ length: count }, (_, index) => `large/${index}`);
  for (const name of names) {
    await rig.put('bucket', name, 0);
    await truncate(join(rig.deployment.folder, 'bucket', name), LARGE_OBJECT);
  }
  return names;
}

test.each(['quota_exceeded', 'unavailable'] as const)(
  'a fault of a large object that every object would have ends the task (%s)',
  async (code) => {
    await putLarge(8);
    const tried = new Set<string>();
    stopWorkers = await startFaultyWorkers(rig, {
      nas: () => ({
        async prepare({ image_id }) {
          tried.add(image_id);
          throw new StoreError(code, 'it is not to be');
        },
      }),
    });
    const taskId = await rig.start({ type: 'import', src_target: 'training', src_prefix: 'large/' });
    const { status, message } = await rig.ended(taskId, 'SUCCESS', 'FAIL');
    expect([status, message]).toEqual([
      'FAIL',
      expect.stringMatching(/^(given up after \d+ s: )?it is not to be$/),
    ]);
    expect(tried.size).toBeLessThan(8);
    expect(await rig.tree('nas')).toEqual([]);
  },
);

test('a fault that only one large object has is recorded, and the others are moved', async () => {
  const [first = '', second = ''] = await putLarge(2);
  await rig.put('nas', `training/${first}/in-the-way`, 1);
  stopWorkers = await startFaultyWorkers(rig, {});
  const taskId = await rig.start({ type: 'import', src_target: 'training', src_prefix: 'large/' });
  const { message } = await rig.ended(taskId, 'SUCCESS', 'FAIL');
  expect(message).toMatch(/^1 of 2 objects could not be moved: large\/0: .* is a folder$/);
  expect(await rig.tree('nas')).toContain(`training/${second}`);
});

test.each([
  ['cancels', 'its copy was cancelled', (copy: WorkflowHandle) => copy.cancel()],
  ['terminates', 'its copy was terminated', (copy: WorkflowHandle) => copy.terminate()],
])('if a person %s the copy of a large object, the task says so', async (_deed, reason, end) => {
  await putLarge(1);
  const at = gate();
  stopWorkers = await startFaultyWorkers(rig, {
    nas: holdingPrepare(at),
  });
  const taskId = await rig.start({ type: 'import', src_target: 'training', src_prefix: 'large/' });
  await at.reached;
  await end(await workflowOf(rig, 'copyImage'));
  at.open();
  const { message } = await rig.ended(taskId, 'SUCCESS', 'FAIL');
  expect(message).toBe(`1 of 1 objects could not be moved: large/0: ${reason}`);
});
