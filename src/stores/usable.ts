import type { ImageRecord } from '../image/index.ts';
import type { UnusableImage } from './image-store.ts';
import { isStoreError, StoreError } from './store-error.ts';

/**
 * Returns the record of one image of a list; `undefined` if the image is gone. If the record cannot be read
 * or used, calls `onUnusable` and returns `undefined` too. Throws only if the store as a whole is at fault.
 */
export async function recordIfUsable(
  id: string,
  read: () => ImageRecord | Promise<ImageRecord | undefined>,
  onUnusable: ((image: UnusableImage) => void) | undefined,
): Promise<ImageRecord | undefined> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    if (isStoreError(error, 'not_found')) return undefined;
    if (!isStoreError(error, 'invalid_image') && !isStoreError(error, 'forbidden')) throw error;
    onUnusable?.({ id, fault: error });
    return undefined;
  }
}
