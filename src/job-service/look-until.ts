import { setTimeout as sleep } from 'node:timers/promises';

/** The time between two looks; milliseconds. */
const INTERVAL = 100;

/**
 * Calls `look` again and again until `isEnough` accepts the result, or the time is over. Returns the last
 * result.
 * @param patience the longest time; milliseconds
 */
export async function lookUntil<T>(
  look: () => Promise<T>,
  isEnough: (found: T) => boolean,
  patience: number,
): Promise<T> {
  const deadline = Date.now() + patience;
  let found = await look();
  while (!isEnough(found) && Date.now() < deadline) {
    await sleep(INTERVAL);
    found = await look();
  }
  return found;
}
