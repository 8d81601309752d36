import { expect, test } from 'vitest';
import { storeWorkers } from '../../src/worker/store-workers.ts';

/**
 * Returns `serve`, which serves regions. `added` lists the Task Queues that it serves, and `failing` lists
 * those for which no worker can be created.
 */
function rig() {
  const added: string[] = [];
  const failing = new Set<string>();
  const serve = storeWorkers({
    regions: new Map([
      ['a', { taskQueue: 'q' }],
      ['b', { taskQueue: 'q' }],
      ['c', { taskQueue: 'own' }],
    ]),
    concurrentActivities: 8,
    async create({ taskQueue = '' }) {
      if (failing.has(taskQueue)) throw new Error(`no worker for ${taskQueue}`);
      return taskQueue;
    },
    add: (taskQueue) => void added.push(taskQueue),
  });
  return { serve, added, failing };
}

test('regions that share a Task Queue are served by its workers, which are created once', async () => {
  const { serve, added } = rig();
  await Promise.all([serve(['a', 'b', 'c']), serve(['b'])]);
  await serve(['b']);
  expect(added).toEqual(['q', 'q/short', 'own', 'own/short']);
});

test('a Task Queue whose workers could not be created is served at the next call', async () => {
  const { serve, added, failing } = rig();
  failing.add('q/short');
  await expect(serve(['c', 'a'])).rejects.toThrow('no worker for q/short');
  expect(added).toEqual(['own', 'own/short']);
  failing.clear();
  await serve(['b']);
  expect(added).toEqual(['own', 'own/short', 'q', 'q/short']);
});
