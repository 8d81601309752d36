import { expect, test } from 'vitest';
import type { Dependencies } from '../../activities/dependencies.ts';
import { listBatch } from '../../activities/list-batch.ts';
import { LARGE_OBJECT, type TaskPlan } from '../../src/object-task/index.ts';
import type { ObjectStore } from '../../src/stores/index.ts';

const PLAN = {
  source: { region: 'bucket', prefix: '' },
  destination: { region: 'share', prefix: '' },
} as TaskPlan;

test('at most 16 large objects of a batch are inspected at a time, and they are listed in their order', async () => {
  const paths = Array.from({ length: 60 }, (_, index) => `object-${String(index).padStart(2, '0')}`);
  let underWay = 0;
  let most = 0;
  const objects = {
    async *list() {
      for (const path of paths) yield { path, size: LARGE_OBJECT };
    },
    async inspect({ image_id }: { image_id: string }) {
      underWay += 1;
      most = Math.max(most, underWay);
      await new Promise(setImmediate);
      underWay -= 1;
      return { record: { properties: { path: image_id } } };
    },
    loses: ({ path }: { path?: string }) => path === 'object-07',
  } as unknown as ObjectStore;
  const region = { store: { objects } };
  const regions = new Map([
    ['bucket', region],
    ['share', region],
  ]);
  const { large } = await listBatch({ regions } as unknown as Dependencies, PLAN, null);
  expect(large.map(({ path }) => path)).toEqual(paths);
  expect(large.filter(({ is_incomplete }) => is_incomplete).map(({ path }) => path)).toEqual(['object-07']);
  expect(most).toBe(16);
});
