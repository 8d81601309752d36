import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect } from 'vitest';

/**
 * Does something 1,000 times to warm up, and then 10,000 times more. Expects that the heap does not grow
 * meanwhile.
 */
export async function expectNoGrowth(work: (round: number) => Promise<void>): Promise<void> {
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;
  for (let round = 0; round < 1000; round += 1) await work(round);
  collectGarbage();
  const before = process.memoryUsage().heapUsed;
  for (let round = 0; round < 10_000; round += 1) await work(round);
  collectGarbage();
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(4 * 1024 * 1024);
}
