import type { Limits } from './config.ts';
import type { ConfigFile } from './schema.ts';
import { isTimeZone, type RateSection, rateFrom } from './timetable.ts';

/** The time zone of timetables for which none is configured. */
export const UTC = 'UTC';

/**
 * Returns the bandwidth limits in the section `limits`. The timetable of a pair is in the time zone of the
 * source region.
 */
export function bandwidthLimits({
  limits = {},
  regions,
}: ConfigFile): Pick<Limits, 'bandwidth' | 'pairBandwidth' | 'tenantBandwidth'> {
  const zone = limits.time_zone ?? UTC;
  const rates = (sections: Readonly<Record<string, RateSection>> = {}, zoneOf = (_key: string) => zone) =>
    new Map(Object.entries(sections).map(([key, section]) => [key, rateFrom(section, zoneOf(key))]));
  return {
    bandwidth: rateFrom(limits.bandwidth, zone),
    pairBandwidth: rates(limits.pair_bandwidth, (pair) => regions[sourceOf(pair)]?.time_zone ?? UTC),
    tenantBandwidth: rates(limits.tenant_bandwidth),
  };
}

/** Returns the problems of the bandwidth limits and their time zones that the schema does not find. */
export function bandwidthProblems({ limits = {}, regions }: ConfigFile): string[] {
  const zones: [key: string, zone: string | undefined][] = [
    ['limits.time_zone', limits.time_zone],
    ...Object.entries(regions).map(([name, { time_zone }]): [string, string | undefined] => [
      `regions.${name}.time_zone`,
      time_zone,
    ]),
  ];
  const known = Object.keys(regions).join(', ');
  return [
    ...zones.flatMap(([key, zone]) =>
      zone === undefined || isTimeZone(zone)
        ? []
        : [`${key}: there is no time zone '${zone}'; use a name such as Europe/Paris`],
    ),
    ...Object.keys(limits.pair_bandwidth ?? {}).flatMap((pair) =>
      pair
        .split('->')
        .filter((name) => !Object.hasOwn(regions, name))
        .map((name) => `limits.pair_bandwidth.${pair}: there is no region '${name}'; use one of: ${known}`),
    ),
  ];
}

function sourceOf(pair: string): string {
  return pair.split('->')[0] ?? '';
}
