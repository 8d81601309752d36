import { type Config, type Rate, rateAt } from '../config/index.ts';
import type { LinkLimits } from '../transfer/index.ts';

/**
 * Returns a function that finds the bandwidth limits of a copy by its regions and tenants. Each call of it
 * reads the configuration anew, because the configuration may change.
 */
export function ratesBy(config: Config): LinkLimits['rates'] {
  return ({ regions, tenants = [] }) => {
    const { bandwidth, pairBandwidth, tenantBandwidth } = config.limits;
    const pair = regions.join('->');
    const rates: (readonly [name: string, rate: Rate])[] = [
      ['limits.bandwidth', bandwidth],
      ...regions.map((name): [string, Rate] => [
        `regions.${name}.bandwidth`,
        config.regions.get(name)?.bandwidth ?? null,
      ]),
      [`limits.pair_bandwidth.${pair}`, pairBandwidth.get(pair) ?? null],
      ...tenants.map((id): [string, Rate] => [
        `limits.tenant_bandwidth.${id}`,
        tenantBandwidth.get(id) ?? null,
      ]),
    ];
    return rates.flatMap(([name, rate]) =>
      rate === null ? [] : [{ name, rate: () => rateAt(rate, Date.now()) }],
    );
  };
}
