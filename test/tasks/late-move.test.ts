import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Control, openControl } from '../chaos/control.ts';
import type { TestProcess } from '../support/process.ts';
import { startFaultyWorkers } from './faulty-workers.ts';
import { type TaskRig, taskRig } from './support.ts';

const PRELOAD = join(import.meta.dirname, '../chaos/preload.ts');

let rig: TaskRig;
beforeEach(async () => {
  rig = await taskRig();
  await rig.deployment.startApi();
});
afterEach(() => rig.deployment.stop());

test('a move that was frozen does not replace an object that was written after its task had ended', async () => {
  await rig.put('bucket', 'x/a', Buffer.from('of the ended task'));
  const [held, thawed] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const written = Promise.withResolvers<unknown>();
  const stopWorkers = await startFaultyWorkers(rig, {
    nas: ({ write }) => ({
      async write(path, data, _signal, ...more) {
        held.resolve();
        await thawed.promise;
        // A process that was frozen does not know yet that its attempt was given up.
        const unaware = new AbortController().signal;
        const outcome = write(path, data, unaware, ...more).then(() => 'written');
        written.resolve(outcome.catch((error) => error));
        await outcome;
      },
    }),
  });
  await rig.start({ type: 'import', src_target: 'training', src_prefix: 'x/' });
  await held.promise;
  const [task = ''] = await rig.workflows();
  await rig.deployment.client.workflow.getHandle(task).terminate('ended from outside');
  await rig.put('nas', 'training/x/a', Buffer.from('of a later task'));
  thawed.resolve();
  expect(await written.promise).toMatchObject({ code: 'unavailable' });
  await stopWorkers();
  expect((await rig.get('nas', 'training/x/a')).toString()).toBe('of a later task');
  expect(await rig.tree('nas')).toEqual(['training/x/a']);
});

test('a process that is frozen at the very call that puts a file to its path replaces nothing later', async () => {
  await rig.put('bucket', 'x/a', Buffer.from('of the ended task'));
  const control = openControl(rig.deployment.folder);
  const env = { NODE_OPTIONS: `--import=${PRELOAD}`, CHAOS_CONTROL: control.folder };
  const worker = await rig.deployment.startWith('worker', { env });
  const placing = control.add({ calls: ['link', 'rename'], path: '/training/x/a$', act: 'hold', until: 1 });
  await rig.start({ type: 'import', src_target: 'training', src_prefix: 'x/' });
  await placing.reached();
  process.kill(worker.pid, 'SIGSTOP');
  const [task = ''] = await rig.workflows();
  await rig.deployment.client.workflow.getHandle(task).terminate('ended from outside');
  await rig.put('nas', 'training/x/a', Buffer.from('of a later task'));
  placing.release();
  process.kill(worker.pid, 'SIGCONT');
  await worker.stop('SIGTERM');
  expect((await rig.get('nas', 'training/x/a')).toString()).toBe('of a later task');
  expect(await rig.tree('nas')).toEqual(['training/x/a']);
});

test.each([false, true])(
  'a worker that is frozen while its batch is cancelled replaces no file of a person (old files: %s)',
  async (there) => {
    const names = ['a', 'b', 'c'].map((name) => `training/x/${name}`);
    for (const name of names) {
      await rig.put('bucket', name.slice('training/'.length), Buffer.from('of the task'));
      if (there) await rig.put('nas', name, Buffer.from('what was there before'));
    }
    const control = openControl(rig.deployment.folder);
    const frozen = await startCopier(control);
    const placing = control.add({
      calls: ['link'],
      path: '/training/x/.$',
      act: 'hold',
      until: names.length,
    });
    const taskId = await rig.start({ type: 'import', src_target: 'training', src_prefix: 'x/' });
    await placing.reached(names.length);
    process.kill(frozen.pid, 'SIGSTOP');
    const [task = ''] = await rig.workflows();
    await rig.deployment.temporal('workflow', 'cancel', '-w', task);
    expect(await rig.ended(taskId, 'SUCCESS', 'FAIL')).toMatchObject({ message: 'the task was cancelled' });
    for (const name of names) await rig.put('nas', name, Buffer.from('of a person'));
    placing.release();
    process.kill(frozen.pid, 'SIGCONT');
    await frozen.stop('SIGTERM');
    for (const name of names) expect((await rig.get('nas', name)).toString()).toBe('of a person');
    expect(await rig.tree('nas')).toEqual(names);
  },
);

/**
 * Starts a worker that only makes copies, and whose calls follow the rules of `control`. Starts another one
 * for the workflows, which therefore do not wait while the first one is frozen.
 */
async function startCopier({ folder }: Control): Promise<TestProcess> {
  await rig.deployment.startWorker('--no-copies');
  const env = { NODE_OPTIONS: `--import=${PRELOAD}`, CHAOS_CONTROL: folder };
  return rig.deployment.startWith('worker', { args: ['--no-workflows'], env });
}
