import type { ImageRecord } from '../image/index.ts';
import type { UnusableImage } from './image-store.ts';
import { isStoreError, StoreError } from './store-error.ts';

/**
 * Returns a record that a list reads; `undefined` where there is no image, or none any more, and where the
 * record cannot be used, which is told to `onUnusable`. Throws what is wrong with the store itself.
 */
export async function usable(
  id: string,
  reading: Promise<ImageRecord | undefined>,
  onUnusable: ((image: UnusableImage) => void) | undefined,
): Promise<ImageRecord | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    if (isStoreError(error, 'not_found')) return undefined;
    if (!isStoreError(error, 'invalid_image') && !isStoreError(error, 'forbidden')) throw error;
    onUnusable?.({ id, fault: error });
    return undefined;
  }
}
