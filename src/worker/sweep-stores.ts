import type { Logger } from 'pino';
import type { Regions } from '../config/index.ts';

const INTERVAL = 60 * 60_000;

/** Removes what nobody knows of from the stores of some regions: now, and every hour. */
export function keepStoresSwept(regions: Regions, names: readonly string[], logger: Logger): NodeJS.Timeout {
  const sweep = () => {
    for (const region of names) {
      const found = regions.get(region);
      for (const swept of found?.objectsOnly ? [found.store.objects] : [found?.store, found?.store.objects]) {
        swept
          ?.sweep?.()
          .catch((error) => logger.warn({ err: error, region }, 'the store could not be swept'));
      }
    }
  };
  sweep();
  return setInterval(sweep, INTERVAL).unref();
}
