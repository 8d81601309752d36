import type { Leftover } from '../leftover.ts';
import type { DestinationRef, ImageDestination } from '../port.ts';
import { StoreError } from '../store-error.ts';
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
    // A tenant may be gone, or its project closed to us: then there is nothing that we could remove.
    const isOutOfReach = error instanceof StoreError && ['not_found', 'forbidden'].includes(error.code);
    if (!isOutOfReach) throw error;
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
    remove: async () => {
      // The attempt has no meaning here, because a Glance keeps no fence.
      await destination.discard(ref, 0);
      return true;
    },
  };
}
