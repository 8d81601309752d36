import { setTimeout as sleep } from 'node:timers/promises';

/** The results of a condition that is not yet met. */
type Unmet = false | null | undefined;

/**
 * Waits for a condition. Returns its first result that is not `false`, `null` or `undefined`.
 *
 * @param interval the pause between two looks; milliseconds
 */
export async function until<T>(
  condition: () => Promise<T | Unmet> | T | Unmet,
  timeout = 60_000,
  interval = 20,
): Promise<T> {
  const deadline = Date.now() + timeout;
  for (;;) {
    const result = await condition();
    if (result !== false && result !== null && result !== undefined) return result;
    if (Date.now() > deadline) throw new Error(`not within ${timeout / 1000} s: ${condition}`);
    await sleep(interval);
  }
}

/** Waits until a number that has begun to grow has stopped growing. */
export async function untilStill(measure: () => number): Promise<void> {
  let last = 0;
  await until(async () => {
    const before = last;
    await sleep(200);
    last = measure();
    return last > 0 && last === before;
  });
}
