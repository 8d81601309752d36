import type { DestinationRef, SourceRef } from './port.ts';
import { StoreError } from './store-error.ts';

/** Returns the error for an image that is not there, or that may not be seen. It does not tell which. */
export function notFound({ image_id }: Pick<SourceRef, 'image_id'>): StoreError {
  return new StoreError('not_found', `there is no image ${image_id}, or it is not yours to see`);
}

/** Returns the error for an image that has no data to copy. */
export function notActive({ image_id }: Pick<SourceRef, 'image_id'>, status: string): StoreError {
  return new StoreError('not_active', `image ${image_id} is ${status}, not active`);
}

/** Returns the error of a job that comes too late for an image id. */
export function taken({ image_id }: Pick<DestinationRef, 'image_id'>): StoreError {
  return new StoreError('conflict', `image id ${image_id} is taken at the destination`);
}

/** Returns the error of a job whose image or object in the making is gone. */
export function goneFor({ image_id }: Pick<DestinationRef, 'image_id'>): StoreError {
  return new StoreError('not_found', `${JSON.stringify(image_id)} is no longer being made by this job`);
}

/** Returns the error of an attempt that wanted to change what a later attempt has taken. */
export function overtaken(cause?: unknown): StoreError {
  return new StoreError('conflict', 'a later attempt has taken over', { cause });
}
