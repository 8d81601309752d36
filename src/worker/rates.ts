import { type Config, type Rate, rateAt } from '../config/index.ts';
import type { LinkLimits } from '../transfer/index.ts';

/**
 * Returns a function that finds the bandwidth limits of a copy by its regions and tenants. Each call of that
 * function reads the configuration, which may have changed.
 */
export function ratesBy(config: Config): LinkLimits['rates'] {
  return ({ regions, tenants = [] }) => {
    const { bandwidth, pairBandwidth, tenantBandwidth } = config.limits;
    const pair = regions.join('->');
    return [
      limit('limits.bandwidth', bandwidth),
      ...regions.map((name) => limit(`regions.${name}.bandwidth`, config.regions.get(name)?.bandwidth)),
      limit(`limits.pair_bandwidth.${pair}`, pairBandwidth.get(pair)),
      ...tenants.map((id) => limit(`limits.tenant_bandwidth.${id}`, tenantBandwidth.get(id))),
    ].filter((one) => one !== null);
  };
}

function limit(name: string, rate: Rate | undefined) {
  return rate === null || rate === undefined ? null : { name, rate: () => rateAt(rate, Date.now()) };
}
