import type { Region, Regions } from '../config/index.ts';
import type { UserCredential } from '../openstack/index.ts';
import { StoreError } from '../stores/index.ts';
import { answered, jobErrorOf } from './ask-store.ts';

/** Tells whether a tenant can see an image with this id in any region. */
export async function imageExists(
  regions: Regions,
  tenantId: string,
  imageId: string,
  user?: UserCredential,
): Promise<boolean> {
  const looks = await Promise.allSettled(
    [...regions.values()]
      .filter(({ objectsOnly }) => !objectsOnly)
      .map((region) => isInRegion(region, tenantId, imageId, user)),
  );
  if (looks.some((look) => look.status === 'fulfilled' && look.value)) return true;
  const failed = looks.find((look) => look.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  return false;
}

async function isInRegion({ name, store }: Region, tenantId: string, imageId: string, user?: UserCredential) {
  try {
    if (user !== undefined && store.serves !== undefined && !(await answered(store.serves(user))))
      return false;
    await answered(store.inspect({ image_id: imageId, tenant_id: tenantId }, user));
    return true;
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    if (error.code === 'not_found') return false;
    // The image exists, although its data cannot be copied.
    if (error.code === 'not_active' || error.code === 'invalid_image') return true;
    throw jobErrorOf(name, error, user);
  }
}
