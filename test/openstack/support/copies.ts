import { expect } from 'vitest';
import { showImage } from './images.ts';
import type { Tenant } from './tenants.ts';

/** Copies an image from ot1 to ot2 within the tenant's project. Returns the copy as the tenant sees it. */
export async function copied(by: Tenant, imageId: string, more: { readonly image_name_dst?: string } = {}) {
  const jobId = await by.jobs.start({ image_id: imageId, tenant_id_dst: by.project, ...more });
  expect(await by.jobs.ended(jobId)).toMatchObject({ status: 'replicated', fault: null });
  return showImage('ot2', by, jobId);
}

/** Returns an image without the fields that differ between any two images. */
export function described({ id, created_at, updated_at, self, file, ...image }: Record<string, unknown>) {
  return { ...image, tags: [...(image.tags as string[])].sort() };
}
