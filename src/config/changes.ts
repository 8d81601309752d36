import { isDeepStrictEqual } from 'node:util';
import type { Config } from './config.ts';

/** The keys of a configuration file that differ from those of another one, as in `limits.memory`. */
export interface Changes {
  /** The keys that take effect while a process runs. */
  readonly live: readonly string[];
  /** The keys that take effect only when a process starts. */
  readonly restart: readonly string[];
}

type Path = readonly string[];

/** Limits that a worker reads only when it starts, by their keys, with their properties. */
export const FIXED_LIMITS = {
  concurrent_activities: 'concurrentActivities',
  heartbeat_interval: 'heartbeatInterval',
} as const satisfies Readonly<Record<string, keyof Config['limits']>>;
const LIVE_REGION: ReadonlySet<string> = new Set(['bandwidth', 'time_zone']);
/** The keys of `api` that take effect while a facade runs, with their properties. */
export const LIVE_API = {
  default_source_region: 'defaultSourceRegion',
  source_region_by_host: 'sourceRegionByHost',
  destination_region_by_tenant: 'destinationRegionByTenant',
} as const satisfies Readonly<Record<string, keyof Config['api']>>;

/** Compares a configuration with the one that a process has started with. */
export function changesBetween(before: Config, after: Config): Changes {
  const changed = changedKeys(withSections(before.contents), withSections(after.contents), []);
  const isLive = (path: Path) => isSafe(path, before, after);
  const named = (paths: Path[]) => paths.map((path) => path.join('.'));
  return {
    live: named(changed.filter(isLive)),
    restart: named(changed.filter((path) => !isLive(path))),
  };
}

/** Tells whether a process can go on with another value of a key. */
function isSafe([section = '', name = '', key]: Path, before: Config, after: Config): boolean {
  if (section === 'limits') return !Object.hasOwn(FIXED_LIMITS, name);
  if (section === 'tenant_limits' || section === 'web_ui') return true;
  if (section === 'api') return Object.hasOwn(LIVE_API, name);
  if (section === 'shares') return sharesAreSafe(before, after);
  // Copies that are under way may be to or from a region that was there before.
  return section === 'regions' && (LIVE_REGION.has(key ?? '') || !before.regions.has(name));
}

/**
 * Tells whether the same regions as before belong to shares, apart from new regions. A region that has had
 * images may not become one that tenants can write to, nor the other way round, while copies are under way.
 */
export function sharesAreSafe(before: Config, after: Config): boolean {
  return [...before.regions.values()].every(
    ({ name, objectsOnly }) => (after.regions.get(name)?.objectsOnly ?? objectsOnly) === objectsOnly,
  );
}

/** Adds the sections whose keys are judged one by one, if a file does not have them. */
function withSections(contents: object): object {
  return { api: {}, limits: {}, ...contents };
}

/** Returns the paths of all values that differ. A region or a share that is new counts as a whole. */
function changedKeys(before: unknown, after: unknown, path: Path): Path[] {
  if (isDeepStrictEqual(before, after)) return [];
  if (!isObject(before) || !isObject(after)) return [path];
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...keys].flatMap((key) => changedKeys(before[key], after[key], [...path, key]));
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
