import type { ImageRecord } from '../image/index.ts';
import type { UnusableImage } from './image-store.ts';
import { isStoreError, StoreError } from './store-error.ts';

/**
 * Returns a record for a list. Returns `undefined` if there is no image any more, or if the record cannot be
 * used; the latter is passed to `onUnusable`. Throws the error if the store itself is at fault.
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
