import { expect, test } from 'vitest';
import { tryImages } from '../../src/stores/index.ts';
import { storeBench } from '../stores/store-bench.ts';
import { openGlance } from './glance-under-test.ts';

const bench = storeBench(() => openGlance());

test("a trial of a Glance makes each step in a tenant's project, and leaves nothing", async () => {
  const met: [string, unknown][] = [];
  for await (const { step, error } of tryImages(bench.store, bench.current.tenants.a))
    met.push([step, error]);
  const steps = ['list', 'room', 'reserve', 'write', 'find', 'clock', 'commit', 'read', 'remove'];
  expect(met).toEqual(steps.map((step) => [step, null]));
  expect(await bench.current.traces()).toEqual([]);
});
