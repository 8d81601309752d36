import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import ms, { type StringValue } from 'ms';
import type { TSchema } from 'typebox';
import Value from 'typebox/value';
import { parse } from 'yaml';
import { regionTaskQueue } from '../copy-job/index.ts';
import { driverNames, loadDriver } from '../stores/index.ts';
import { schemaProblems } from '../text/index.ts';
import { bandwidthLimits, bandwidthProblems, UTC } from './bandwidth-limits.ts';
import { type Config, ConfigError, type RegionConfig } from './config.ts';
import { encryptionConfig, encryptionProblems } from './encryption.ts';
import { identityConfig, identityDrivers, identitySchema } from './identity.ts';
import { ConfigFile } from './schema.ts';
import { parseSize } from './size.ts';
import { tenantLimits } from './tenant-limits.ts';
import { rateFrom } from './timetable.ts';

/**
 * Reads a configuration file (YAML 1.2).
 * @throws ConfigError that names each key that is wrong, and what is expected there
 */
export async function loadConfig(file: string): Promise<Config> {
  const text = await readFile(file, 'utf8').catch((error) => {
    throw new ConfigError(file, [
      `cannot be read (${error.code}): name the configuration file with --config`,
    ]);
  });
  let value: unknown;
  try {
    value = parse(text);
  } catch (error) {
    throw new ConfigError(file, [`is not valid YAML: ${(error as Error).message}`]);
  }
  const problems = problemsWith(ConfigFile, value, '');
  if (problems.length > 0) throw new ConfigError(file, problems);
  const contents = value as ConfigFile;
  const otherProblems = [
    ...(await driverProblems(contents)),
    ...identityProblems(contents),
    ...regionProblems(contents),
    ...limitProblems(contents),
    ...bandwidthProblems(contents),
    ...encryptionProblems(contents),
  ];
  if (otherProblems.length > 0) throw new ConfigError(file, otherProblems);
  return withDefaults(contents, dirname(resolve(file)));
}

function withDefaults(file: ConfigFile, baseDirectory: string): Config {
  const { api = {}, limits = {} } = file;
  const shared = sharedRegions(file);
  return {
    regions: new Map(
      Object.entries(file.regions).map(([name, region]) => [name, regionConfig(name, region, shared)]),
    ),
    shares: new Map(
      Object.entries(file.shares ?? {}).map(([id, { region, targets, tenants }]) => [
        id,
        { region, tenants, targets: new Map(Object.entries(targets)) },
      ]),
    ),
    api: {
      host: api.host ?? '127.0.0.1',
      port: api.port ?? 9292,
      tls: api.tls
        ? { cert: resolve(baseDirectory, api.tls.cert), key: resolve(baseDirectory, api.tls.key) }
        : null,
      bodyLimit: api.body_limit ?? 16_384,
      defaultSourceRegion: api.default_source_region ?? null,
      sourceRegionByHost: new Map(
        Object.entries(api.source_region_by_host ?? {}).map(([host, region]) => [host.toLowerCase(), region]),
      ),
      destinationRegionByTenant: new Map(Object.entries(api.destination_region_by_tenant ?? {})),
      secret: api.secret ?? null,
    },
    identity: file.identity ? identityConfig(file.identity, baseDirectory) : null,
    spool: file.spool
      ? { path: resolve(baseDirectory, file.spool.path), bytes: parseSize(file.spool.size) }
      : null,
    limits: {
      lanes: limits.lanes ?? { min: 4, max: 64 },
      memory: parseSize(limits.memory ?? '1GiB'),
      ...bandwidthLimits(file),
      concurrentActivities: limits.concurrent_activities ?? 16,
      heartbeatTimeout: ms((limits.heartbeat_timeout ?? '30s') as StringValue),
      heartbeatInterval: ms((limits.heartbeat_interval ?? '2s') as StringValue),
      stallAfter: ms((limits.stall_after ?? '30s') as StringValue),
      giveUpAfter: ms((limits.give_up_after ?? '1h') as StringValue),
      noWorkerTimeout: ms((limits.no_worker_timeout ?? '24h') as StringValue),
    },
    encryption: file.encryption ? encryptionConfig(file.encryption, baseDirectory) : null,
    tenantLimits: tenantLimits(file.tenant_limits),
    metrics: file.metrics
      ? { host: file.metrics.host ?? '127.0.0.1', port: file.metrics.port ?? 9464 }
      : null,
    log: { level: file.log?.level ?? 'info' },
    webUi: file.web_ui?.replace(/\/$/, '') ?? null,
    baseDirectory,
    contents: file,
  };
}

/** Returns the names of the regions that belong to shares: for their folders, and for their targets. */
function sharedRegions({ shares = {} }: ConfigFile): ReadonlySet<string> {
  return new Set(Object.values(shares).flatMap(({ region, targets }) => [region, ...Object.values(targets)]));
}

function regionConfig(
  name: string,
  region: ConfigFile['regions'][string],
  shared: ReadonlySet<string>,
): RegionConfig {
  const { driver, ...driverOptions } = region.store;
  const taskQueue = region.task_queue ?? regionTaskQueue(name);
  const bandwidth = rateFrom(region.bandwidth, region.time_zone ?? UTC);
  return { name, driver, driverOptions, taskQueue, bandwidth, objectsOnly: shared.has(name) };
}

async function driverProblems({ regions }: ConfigFile): Promise<string[]> {
  const problems = Object.entries(regions).map(async ([name, { store }]) => {
    const { driver: driverName, ...options } = store;
    const driver = await loadDriver(driverName);
    if (driver !== undefined) return problemsWith(driver.options, options, `regions.${name}.store`);
    const known = driverNames.join(', ');
    return [`regions.${name}.store.driver: there is no driver '${driverName}'; use one of: ${known}`];
  });
  return (await Promise.all(problems)).flat();
}

function identityProblems({ identity }: ConfigFile): string[] {
  if (identity === undefined) return [];
  const schema = identitySchema(identity.driver);
  if (schema !== undefined) return problemsWith(schema, identity, 'identity');
  const known = identityDrivers.join(', ');
  return [`identity.driver: there is no driver '${identity.driver}'; use one of: ${known}`];
}

function regionProblems(file: ConfigFile): string[] {
  const imageRegions: [key: string, region: string | undefined][] = [
    ['api.default_source_region', file.api?.default_source_region],
    ...regionsIn('api.source_region_by_host', file.api?.source_region_by_host),
    ...regionsIn('api.destination_region_by_tenant', file.api?.destination_region_by_tenant),
  ];
  const shareRegions = Object.entries(file.shares ?? {}).flatMap(([id, { region, targets }]) => [
    [`shares.${id}.region`, region] as [string, string],
    ...regionsIn(`shares.${id}.targets`, targets),
  ]);
  const known = Object.keys(file.regions).join(', ');
  const shared = sharedRegions(file);
  return [
    ...[...imageRegions, ...shareRegions]
      .filter(([, region]) => region !== undefined && !Object.hasOwn(file.regions, region))
      .map(([key, region]) => `${key}: there is no region '${region}'; use one of: ${known}`),
    ...imageRegions
      .filter(([, region]) => region !== undefined && shared.has(region))
      .map(([key, region]) => `${key}: the region '${region}' belongs to a file share, and has no images`),
  ];
}

/** The longest time that a limit may have. A timer of Node.js for more than 24.8 days would fire at once. */
const MAX_TIME = '24d';

function limitProblems({ limits = {} }: ConfigFile): string[] {
  const { lanes } = limits;
  const tooLong = Object.entries(limits)
    .filter(([, limit]) => typeof limit === 'string' && ms(limit as StringValue) > ms(MAX_TIME))
    .map(([key]) => `limits.${key}: has to be ${MAX_TIME} or less`);
  const hasNoRange = typeof lanes === 'object' && lanes.min > lanes.max;
  return hasNoRange ? [...tooLong, 'limits.lanes.min: has to be limits.lanes.max or less'] : tooLong;
}

/** Returns the regions that a record names, each with its key in the file. */
function regionsIn(key: string, record: Record<string, string> = {}): [string, string][] {
  return Object.entries(record).map(([name, region]) => [`${key}.${name}`, region]);
}

function problemsWith(schema: TSchema, value: unknown, prefix: string): string[] {
  return schemaProblems(schema, value, Value.Errors(schema, value)).map(({ path, problem }) => {
    const key = [prefix, path].filter((part) => part !== '').join('.');
    return `${key || 'the file'}: ${problem}`;
  });
}
