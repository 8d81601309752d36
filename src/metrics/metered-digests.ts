import type { DigestPool } from '../transfer/index.ts';
import type { Metrics } from './metrics.ts';

/** Returns a pool that counts the bytes whose digests it has computed. */
export function meteredDigests(pool: DigestPool, metrics: Metrics): DigestPool {
  return {
    create(others) {
      const digest = pool.create(others);
      return {
        ...digest,
        async update(bytes) {
          await digest.update(bytes);
          metrics.digested(bytes.length);
        },
      };
    },
    close: () => pool.close(),
  };
}
