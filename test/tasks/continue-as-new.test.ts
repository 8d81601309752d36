import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, inject, test } from 'vitest';
import { MOVE_OBJECTS, NOTHING_MOVED } from '../../src/object-task/index.ts';
import { MIB } from '../support/deployment.ts';
import { startTemporalServer, type TemporalServer } from '../support/temporal-server.ts';
import { until } from '../support/until.ts';
import { startFakeTask, untilCancelled } from './fake-steps.ts';
import { type TaskRig, taskRig } from './support.ts';

let folder: string;
let server: TemporalServer;
let rig: TaskRig;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'image-replicator-temporal-'));
  // With this setting, Temporal asks a workflow to continue as new after 10 events. With the default, that
  // would take hundreds of thousands of objects.
  server = await startTemporalServer(inject('temporalProgram'), join(folder, 'temporal.db'), [
    'limit.historyCount.suggestContinueAsNew=10',
  ]);
  rig = await taskRig({ address: server.address });
});
afterEach(async () => {
  await rig?.deployment.stop();
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

test('a task with a long history continues as new, and loses nothing', async () => {
  const { client } = rig.deployment;
  const names = Array.from({ length: 3500 }, (_, index) => `many/${1e6 + index}`);
  await Promise.all(names.map((name) => rig.put('bucket', name, Buffer.from(name))));
  await rig.put('bucket', 'many/1001500-large', 65 * MIB);
  await rig.put('nas', 'training/many/1000000/in-the-way', 1);
  await Promise.all([rig.deployment.startApi(), rig.deployment.startWorker()]);

  const taskId = await rig.start({ type: 'import', src_target: 'training', src_prefix: 'many/' });
  const { status, message } = await rig.ended(taskId, 'SUCCESS', 'FAIL');
  expect(status).toBe('FAIL');
  expect(message).toMatch(/^1 of 3501 objects could not be moved: many\/1000000: /);
  expect(await rig.tree('nas')).toEqual(
    ['1000000/in-the-way', ...names.slice(1).map((name) => name.slice(5)), '1001500-large']
      .map((name) => `training/many/${name}`)
      .sort(),
  );
  const runs = async (query: string) => (await client.workflow.count(query)).count;
  const earlier = `WorkflowType = '${MOVE_OBJECTS}' AND ExecutionStatus = 'ContinuedAsNew'`;
  await until(async () => (await runs(earlier)) >= 2);
  await until(async () => (await rig.call('GET', '/tasks')).body.count === 1);

  await rig.call('DELETE', `/task/${taskId}`);
  await until(async () => (await runs("WorkflowType IN ('moveObjects', 'copyImage')")) === 0);
});

test('a cancel that comes when a task would continue as new ends the task as cancelled', async () => {
  const task = await startFakeTask(
    { address: server.address, client: rig.deployment.client },
    {
      // The activity has moved everything by the time it is cancelled.
      move: async () => {
        await untilCancelled();
        return { ...NOTHING_MOVED, after: null, moved: 1, moved_at: Date.now() };
      },
      next: 'a',
    },
  );
  await task.handle.cancel();
  expect(await task.closedAs()).toBe('CANCELLED');
  await task.stop();
});
