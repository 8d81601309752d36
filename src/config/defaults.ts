import { resolve } from 'node:path';
import { regionTaskQueue } from '../copy-job/index.ts';
import { bandwidthLimits, UTC } from './bandwidth-limits.ts';
import type { Config, RegionConfig } from './config.ts';
import { parseDuration } from './duration.ts';
import { encryptionConfig } from './encryption.ts';
import { identityConfig } from './identity.ts';
import type { ConfigFile } from './schema.ts';
import { resolvedReference } from './secret.ts';
import { parseSize } from './size.ts';
import { tenantLimits } from './tenant-limits.ts';
import { rateFrom } from './timetable.ts';

/** Returns the configuration of a file, with every default filled in. */
export function withDefaults(file: ConfigFile, baseDirectory: string): Config {
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
      secret:
        typeof api.secret === 'object' ? resolvedReference(api.secret, baseDirectory) : (api.secret ?? null),
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
      heartbeatTimeout: parseDuration(limits.heartbeat_timeout ?? '30s'),
      heartbeatInterval: parseDuration(limits.heartbeat_interval ?? '2s'),
      stallAfter: parseDuration(limits.stall_after ?? '30s'),
      giveUpAfter: parseDuration(limits.give_up_after ?? '1h'),
      noWorkerTimeout: parseDuration(limits.no_worker_timeout ?? '24h'),
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
export function sharedRegions({ shares = {} }: ConfigFile): ReadonlySet<string> {
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
