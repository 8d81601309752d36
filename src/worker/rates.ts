import type { Config } from '../config/index.ts';
import type { LinkLimits, RateLimit } from '../transfer/index.ts';

/** Returns the limits of bandwidth of each copy, by a configuration that may change at any time. */
export function ratesBy(config: Config): LinkLimits['rates'] {
  const ofWorker: RateLimit = { name: 'limits.bandwidth', rate: () => config.limits.bandwidth };
  return ({ regions }) => [
    ofWorker,
    ...regions.map((name) => ({
      name: `regions.${name}.bandwidth`,
      rate: () => config.regions.get(name)?.bandwidth ?? null,
    })),
  ];
}
