import { keystone, tokenOf } from '../keystone-rig.ts';
import { cloudOf } from './cloud.ts';

/** A region of the catalog that exists for as long as a test needs it. */
export interface RegionInFront {
  readonly name: string;
  remove(): Promise<void>;
}

/** Adds a region whose image endpoint is in front of the endpoint of another region. */
export async function regionInFront(imageUrl: string): Promise<RegionInFront> {
  const name = `front-${crypto.randomUUID()}`;
  await cloudOf().addRegion(name, imageUrl);
  return {
    name,
    async remove() {
      const admin = await tokenOf('admin', 'admin');
      const { body } = await keystone('GET', `/endpoints?region_id=${name}`, admin);
      for (const { id } of body.endpoints) await keystone('DELETE', `/endpoints/${id}`, admin);
      await keystone('DELETE', `/regions/${name}`, admin);
    },
  };
}
