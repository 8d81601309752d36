import type { Limits } from './config.ts';
import type { ConfigFile } from './schema.ts';
import { isTimeZone, type Rate, type RateSection, rateFrom } from './timetable.ts';

/** The time zone of a timetable if the configuration names no time zone for it. */
export const UTC = 'UTC';

/**
 * Returns the bandwidth limits in the section `limits`. The timetable of a pair of regions is in the time
 * zone of the source region, which is UTC by default.
 */
export function bandwidthLimits({
  limits = {},
  regions,
}: ConfigFile): Pick<Limits, 'bandwidth' | 'pairBandwidth' | 'tenantBandwidth'> {
  const zone = limits.time_zone ?? UTC;
  const sourceZone = (pair: string) => regions[pair.split('->')[0] ?? '']?.time_zone ?? UTC;
  return {
    bandwidth: rateFrom(limits.bandwidth, zone),
    pairBandwidth: ratesFrom(limits.pair_bandwidth, sourceZone),
    tenantBandwidth: ratesFrom(limits.tenant_bandwidth, () => zone),
  };
}

function ratesFrom(
  sections: Readonly<Record<string, RateSection>> = {},
  zoneOf: (key: string) => string,
): ReadonlyMap<string, Rate> {
  return new Map(Object.entries(sections).map(([key, section]) => [key, rateFrom(section, zoneOf(key))]));
}

/** Returns the problems of the bandwidth limits and their time zones that the schema does not find. */
export function bandwidthProblems({ limits = {}, regions }: ConfigFile): string[] {
  const zoneProblems = Object.entries(regions).flatMap(([name, { time_zone }]) =>
    zoneProblem(`regions.${name}.time_zone`, time_zone),
  );
  const known = Object.keys(regions).join(', ');
  const pairProblems = Object.keys(limits.pair_bandwidth ?? {}).flatMap((pair) =>
    pair
      .split('->')
      .filter((name) => !Object.hasOwn(regions, name))
      .map((name) => `limits.pair_bandwidth.${pair}: there is no region '${name}'; use one of: ${known}`),
  );
  return [...zoneProblem('limits.time_zone', limits.time_zone), ...zoneProblems, ...pairProblems];
}

function zoneProblem(key: string, zone: string | undefined): string[] {
  if (zone === undefined || isTimeZone(zone)) return [];
  return [`${key}: there is no time zone '${zone}'; use a name such as Europe/Paris`];
}
