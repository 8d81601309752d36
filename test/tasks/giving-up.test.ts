import { afterEach, beforeEach, expect, test } from 'vitest';
import { StoreError } from '../../src/stores/index.ts';
import { startFaultyWorkers } from './faulty-workers.ts';
import { type TaskRig, taskRig } from './support.ts';

let it: TaskRig;
let stopWorkers: () => Promise<void>;
beforeEach(async () => {
  it = await taskRig({ limits: { heartbeat_timeout: '30s', give_up_after: '2s' } });
  await it.deployment.startApi();
});
afterEach(async () => {
  await stopWorkers();
  await it.deployment.stop();
});

test('an object that cannot be read for long ends the task, and what comes before it is moved once', async () => {
  const names = Array.from({ length: 100 }, (_, index) => `x/${index + 100}`);
  const bad = names[50] ?? '';
  const reads: string[] = [];
  for (const name of names) await it.put('bucket', name, Buffer.from(name));
  stopWorkers = await startFaultyWorkers(it, {
    bucket: ({ read }) => ({
      async read(path, signal) {
        reads.push(path);
        if (path === bad) throw new StoreError('unavailable', 'no answer');
        return read(path, signal);
      },
    }),
  });
  const taskId = await it.start({ type: 'import', src_target: 'training', src_prefix: 'x/' });
  const { status, message } = await it.ended(taskId, 'SUCCESS', 'FAIL');
  expect([status, message]).toEqual(['FAIL', expect.stringMatching(/^given up after \d+ s: no answer$/)]);
  expect(reads.filter((path) => path === bad).length).toBeGreaterThan(1);
  expect(reads.filter((path) => path < bad)).toHaveLength(50);
});
