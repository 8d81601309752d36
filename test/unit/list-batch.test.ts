import { expect, test } from 'vitest';
import type { Dependencies } from '../../activities/dependencies.ts';
import { listBatch } from '../../activities/list-batch.ts';
import { LARGE_OBJECT, type TaskPlan } from '../../src/object-task/index.ts';
import type { ObjectStore } from '../../src/stores/index.ts';

const PLAN = {
  source: { region: 'bucket', prefix: '' },
  destination: { region: 'share', prefix: '' },
} as TaskPlan;

function depsWith(objects: ObjectStore): Dependencies {
  const region = { store: { objects } };
  const regions = new Map([
    ['bucket', region],
    ['share', region],
  ]);
  return { regions } as unknown as Dependencies;
}

/** Returns a signal, and what aborts it as Temporal does: with an error as the reason. */
function abortable() {
  const controller = new AbortController();
  return { signal: controller.signal, abort: () => controller.abort(new Error('CANCELLED')) };
}

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
  const { large } = await listBatch(depsWith(objects), PLAN, null, new AbortController().signal);
  expect(large.map(({ path }) => path)).toEqual(paths);
  expect(large.filter(({ is_incomplete }) => is_incomplete).map(({ path }) => path)).toEqual(['object-07']);
  expect(most).toBe(16);
});

test('a batch that is cancelled lists no further, and inspects nothing more', async () => {
  const { signal, abort } = abortable();
  let listed = 0;
  let inspected = 0;
  const objects = {
    async *list(_prefix: string, _after: string | null, stop?: AbortSignal) {
      for (;;) {
        stop?.throwIfAborted();
        listed += 1;
        if (listed === 50) abort();
        yield { path: `object-${listed}`, size: LARGE_OBJECT };
      }
    },
    inspect: async () => {
      inspected += 1;
    },
  } as unknown as ObjectStore;
  await expect(listBatch(depsWith(objects), PLAN, null, signal)).rejects.toThrow();
  expect({ listed, inspected }).toEqual({ listed: 50, inspected: 0 });
});

test('a batch that is cancelled while its large objects are inspected inspects no more of them', async () => {
  const { signal, abort } = abortable();
  let inspected = 0;
  const objects = {
    async *list() {
      for (let n = 0; n < 60; n += 1) yield { path: `object-${n}`, size: LARGE_OBJECT };
    },
    inspect: async () => {
      inspected += 1;
      if (inspected === 16) abort();
      await new Promise(setImmediate);
    },
  } as unknown as ObjectStore;
  await expect(listBatch(depsWith(objects), PLAN, null, signal)).rejects.toThrow();
  expect(inspected).toBe(16);
});
