import type { ApiConfig } from '../../config/index.ts';
import { JobError } from '../../job-service/index.ts';

/** The regions of a copy. ECL's own clients name none: there, a tenant lives in one region. */
export function chooseRegions(
  body: { readonly region_id_src?: string; readonly region_id_dst?: string; readonly tenant_id_dst: string },
  host: string,
  config: ApiConfig,
  regionNames: readonly string[],
): { source: string; destination: string } {
  const source =
    body.region_id_src ?? config.sourceRegionByHost.get(host.toLowerCase()) ?? config.defaultSourceRegion;
  if (source === null) throw undecided('source.region', 'no region belongs to this address', regionNames);
  if (!regionNames.includes(source)) {
    const problem = `there is no region '${source}'; use one of: ${regionNames.join(', ')}`;
    throw new JobError('invalid', problem, { field: 'source.region' });
  }
  const others = regionNames.filter((name) => name !== source);
  const onlyOther = others.length === 1 ? others[0] : undefined;
  const destination =
    body.region_id_dst ?? config.destinationRegionByTenant.get(body.tenant_id_dst) ?? onlyOther;
  if (destination === undefined) throw undecided('destination.region', 'there are several regions', others);
  return { source, destination };
}

function undecided(field: string, why: string, names: readonly string[]): JobError {
  return new JobError('invalid', `is missing, and ${why}; use one of: ${names.join(', ')}`, { field });
}
