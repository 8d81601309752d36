import { isDeepStrictEqual } from 'node:util';
import type { Config } from './config.ts';

/** The keys, such as `limits.memory`, in which two configuration files differ. */
export interface Changes {
  /** The keys that take effect while a process runs. */
  readonly live: readonly string[];
  /** The keys that take effect only when a process starts. */
  readonly restart: readonly string[];
}

type Path = readonly string[];

/** The limits that a worker reads only when it starts: each key of the file with its property of `Config`. */
export const FIXED_LIMITS = {
  concurrent_activities: 'concurrentActivities',
  heartbeat_interval: 'heartbeatInterval',
} as const satisfies Readonly<Record<string, keyof Config['limits']>>;
/** The keys of an existing region that take effect while a process runs. */
const LIVE_REGION: ReadonlySet<string> = new Set(['bandwidth', 'time_zone']);
/** The keys of `api` that take effect while a facade runs, each with its property of `Config`. */
export const LIVE_API = {
  default_source_region: 'defaultSourceRegion',
  source_region_by_host: 'sourceRegionByHost',
  destination_region_by_tenant: 'destinationRegionByTenant',
} as const satisfies Readonly<Record<string, keyof Config['api']>>;

/**
 * Returns the keys in which two configurations differ, by when they take effect.
 * @param before the configuration that is in force
 */
export function changesBetween(before: Config, after: Config): Changes {
  const changed = changedKeys(withSections(before.contents), withSections(after.contents), []);
  const takesEffect = (path: Path) => isLive(path, before, after);
  const named = (paths: Path[]) => paths.map((path) => path.join('.'));
  return {
    live: named(changed.filter(takesEffect)),
    restart: named(changed.filter((path) => !takesEffect(path))),
  };
}

/** Returns the contents of `before`, with the changes of `after` that take effect while a process runs. */
export function contentsInForce(before: Config, after: Config): object {
  function inForce(was: unknown, is: unknown, path: Path): unknown {
    if (!isObject(was) || !isObject(is)) return isLive(path, before, after) ? is : was;
    const keys = new Set([...Object.keys(was), ...Object.keys(is)]);
    const values = [...keys].map((key) => [key, inForce(was[key], is[key], [...path, key])] as const);
    return Object.fromEntries(values.filter(([, value]) => value !== undefined));
  }
  return inForce(withSections(before.contents), withSections(after.contents), []) as object;
}

/** Tells whether a changed key can take effect in a running process. */
function isLive([section = '', name = '', key]: Path, before: Config, after: Config): boolean {
  if (section === 'limits') return !Object.hasOwn(FIXED_LIMITS, name);
  if (section === 'tenant_limits' || section === 'web_ui') return true;
  if (section === 'api') return Object.hasOwn(LIVE_API, name);
  if (section === 'shares') return sharesAreSafe(before, after);
  // Running copies may use a region that existed before, so its other keys need a restart.
  return section === 'regions' && (LIVE_REGION.has(key ?? '') || !before.regions.has(name));
}

/**
 * Tells whether every region that is in both configurations belongs to a share in both, or in neither. It is
 * not safe to change this while copies run, because tenants can write to a share.
 */
export function sharesAreSafe(before: Config, after: Config): boolean {
  return [...before.regions.values()].every(
    ({ name, objectsOnly }) => (after.regions.get(name)?.objectsOnly ?? objectsOnly) === objectsOnly,
  );
}

/** Adds empty sections `api` and `limits` if they are missing, so that their keys are compared one by one. */
function withSections(contents: object): object {
  return { api: {}, limits: {}, ...contents };
}

/** Returns the paths of all values that differ. A new region or share gives one path. */
function changedKeys(before: unknown, after: unknown, path: Path): Path[] {
  if (isDeepStrictEqual(before, after)) return [];
  if (!isObject(before) || !isObject(after)) return [path];
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...keys].flatMap((key) => changedKeys(before[key], after[key], [...path, key]));
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
