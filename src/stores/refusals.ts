import type { DestinationRef, SourceRef } from './port.ts';
import { StoreError } from './store-error.ts';

/** Returns the error for an image that is not there or may not be seen. The error does not say which. */
export function notFoundError({ image_id }: Pick<SourceRef, 'image_id'>): StoreError {
  return new StoreError('not_found', `there is no image ${image_id}, or it is not yours to see`);
}

/** Returns the error for an image that has no data to copy. */
export function notActiveError({ image_id }: Pick<SourceRef, 'image_id'>, status: string): StoreError {
  return new StoreError('not_active', `image ${image_id} is ${status}, not active`);
}

/** Returns the error for an image id that an image or another job has already at the destination. */
export function idTakenError({ image_id }: Pick<DestinationRef, 'image_id'>): StoreError {
  return new StoreError('conflict', `image id ${image_id} is taken at the destination`);
}

/** Returns the error for an image or object in the making that is gone. */
export function goneError({ image_id }: Pick<DestinationRef, 'image_id'>): StoreError {
  return new StoreError('not_found', `${JSON.stringify(image_id)} is no longer being made by this job`);
}

/** Returns the error for an image or object in the making that is being removed. */
export function beingRemovedError(cause?: unknown): StoreError {
  return new StoreError('not_found', 'the copy is being removed', { cause });
}

/** Returns the error for an attempt that wants to change something after a later one has taken over. */
export function overtakenError(cause?: unknown): StoreError {
  return new StoreError('conflict', 'a later attempt has taken over', { cause, isOvertaken: true });
}

/** Returns the error for data that has changed since it was inspected. */
export function changedError(): StoreError {
  return new StoreError('changed', "the image's data has changed since it was inspected");
}

/** Returns the error for a small object that has grown since it was listed. */
export function grownError(path: string, max: number): StoreError {
  return new StoreError('changed', `${JSON.stringify(path)} has grown to more than ${max} bytes`);
}
