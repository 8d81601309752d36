import { pino } from 'pino';
import { expect, test, vi } from 'vitest';
import type { Region } from '../../src/config/index.ts';
import { keepStoresSwept } from '../../src/worker/sweep-stores.ts';

/** A region whose faces count how often they are swept. */
function regionOf(name: string, objectsOnly: boolean) {
  const [images, objects] = [vi.fn(async () => {}), vi.fn(async () => {})];
  const store = { sweep: images, objects: { sweep: objects } };
  return { images, objects, region: { name, taskQueue: name, objectsOnly, store } as unknown as Region };
}

test("of a share's region only what is about objects is swept", () => {
  const [own, share] = [regionOf('own', false), regionOf('share', true)];
  const regions = new Map([own, share].map(({ region }) => [region.name, region]));
  clearInterval(keepStoresSwept(regions, ['own', 'share'], pino({ level: 'silent' })));
  const counts = [own, share].map(({ images, objects }) =>
    [images, objects].map(({ mock }) => mock.calls.length),
  );
  expect(counts).toEqual([
    [1, 1],
    [0, 1],
  ]);
});
