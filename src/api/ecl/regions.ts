import type { ApiConfig } from '../../config/index.ts';
import { missingRegion, sourceRegion } from '../source-region.ts';

/**
 * Returns the regions of a copy. A request may leave them out, and ECL's own clients do so: in ECL, a tenant
 * belongs to one region.
 */
export function chooseRegions(
  body: { readonly region_id_src?: string; readonly region_id_dst?: string; readonly tenant_id_dst: string },
  host: string,
  config: ApiConfig,
  regionNames: readonly string[],
): { source: string; destination: string } {
  const source = sourceRegion(host, config, regionNames, body.region_id_src);
  const others = regionNames.filter((name) => name !== source);
  const onlyOther = others.length === 1 ? others[0] : undefined;
  const destination =
    body.region_id_dst ?? config.destinationRegionByTenant.get(body.tenant_id_dst) ?? onlyOther;
  if (destination === undefined)
    throw missingRegion('destination.region', 'there are several regions', others);
  return { source, destination };
}
