import type { ApiConfig } from '../config/index.ts';
import { JobError } from '../job-service/index.ts';

/**
 * Returns the region from which a copy is made. The request may name it. If not, it is the region that is
 * configured for the request's host, or else the default one.
 * @throws JobError `invalid` for the field `source.region`
 */
export function sourceRegion(
  host: string,
  config: ApiConfig,
  regionNames: readonly string[],
  named?: string,
): string {
  const source = named ?? config.sourceRegionByHost.get(host.toLowerCase()) ?? config.defaultSourceRegion;
  if (source === null) throw missingRegion('source.region', 'this address belongs to no region', regionNames);
  if (regionNames.includes(source)) return source;
  const problem = `there is no region '${source}'; use one of: ${regionNames.join(', ')}`;
  throw new JobError('invalid', problem, { field: 'source.region' });
}

/** Returns the error for a request that names no region, and for which none can be chosen. */
export function missingRegion(field: string, why: string, names: readonly string[]): JobError {
  return new JobError('invalid', `is missing, and ${why}; use one of: ${names.join(', ')}`, { field });
}
