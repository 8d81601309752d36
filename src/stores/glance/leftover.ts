import { type Leftover, unlessNeeded, watchWith } from '../leftover.ts';
import type { DestinationRef, ImageDestination } from '../port.ts';
import { isStoreError } from '../store-error.ts';
import { type GlanceApi, isImageId } from './api.ts';
import { doomedMark } from './destination.ts';
import { JOB_PROPERTY } from './image-json.ts';

/** Returns a job's unfinished image as a leftover, or `undefined` if the job has left none. */
export async function leftoverOf(
  api: GlanceApi,
  destination: ImageDestination,
  ref: DestinationRef,
): Promise<Leftover | undefined> {
  if (!isImageId(ref.image_id)) return undefined;
  const image = await api.show({ project: ref.tenant_id }, ref.image_id).catch((error) => {
    // A tenant may be gone, or its project closed to us. Then there is nothing that we could remove.
    if (!isStoreError(error, 'not_found', 'forbidden')) throw error;
  });
  const isMarked = [ref.mark, doomedMark(ref)].includes(String(image?.[JOB_PROPERTY]));
  if (image === undefined || !isMarked) return undefined;
  return {
    kind: 'image in the making',
    place: `${image.id} (${image.status})`,
    mark: ref.mark,
    bytes: image.size ?? 0,
    changed: new Date(String(image.updated_at ?? image.created_at)),
    abandonedAfter: null,
    remove: (confirm) =>
      unlessNeeded(async () => {
        // The attempt has no meaning here, because a Glance keeps no fence.
        await destination.discard(ref, 0, watchWith(confirm));
        return isGone(api, ref);
      }),
  };
}

/** Tells whether an image is gone. It is still there if a commit was faster than the removal. */
async function isGone(api: GlanceApi, { tenant_id, image_id }: DestinationRef): Promise<boolean> {
  try {
    await api.show({ project: tenant_id }, image_id);
    return false;
  } catch (error) {
    if (isStoreError(error, 'not_found')) return true;
    throw error;
  }
}
