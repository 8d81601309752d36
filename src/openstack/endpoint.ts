import type { Catalog, Interface } from './catalog.ts';
import { OpenStackError } from './errors.ts';

/**
 * Returns the address of a region's image service, without the version that some catalogs add to it.
 * @param regionName `null` stands for the only region of the catalog
 * @throws OpenStackError `no_endpoint`, `misconfigured`
 */
export function imageEndpoint(catalog: Catalog, regionName: string | null, wanted: Interface): string {
  const regions = new Set(imageEndpoints(catalog, wanted).map(({ region_id }) => region_id));
  if (regionName === null && regions.size > 1) {
    const names = [...regions].join(', ');
    throw new OpenStackError('misconfigured', `region_name: has to be set to one of the cloud's: ${names}`);
  }
  const found = findImageEndpoint(catalog, regionName, wanted);
  if (found !== null) return found;
  const where = regionName === null ? 'of the cloud' : `of region ${regionName}`;
  throw new OpenStackError('no_endpoint', `the catalog has no ${wanted} image service ${where}`);
}

/**
 * Returns the address of a region's image service, or `null` if the catalog has none that is an HTTP address.
 */
export function findImageEndpoint(
  catalog: Catalog,
  regionName: string | null,
  wanted: Interface,
): string | null {
  const found = imageEndpoints(catalog, wanted).find(
    ({ region_id }) => regionName === null || region_id === regionName,
  );
  if (found === undefined || !/^https?:/i.test(found.url) || !URL.canParse(found.url)) return null;
  return found.url.replace(/\/+$/, '').replace(/\/v2(\.\d+)?$/, '');
}

function imageEndpoints(catalog: Catalog, wanted: Interface) {
  return catalog
    .filter(({ type }) => type === 'image')
    .flatMap(({ endpoints }) => endpoints)
    .filter((one) => one.interface === wanted);
}
