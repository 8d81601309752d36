import { createHash } from 'node:crypto';
import type { DestinationRef } from './port.ts';

/** Tells one job's object from what others put at the same path; a name that every store can have. */
export function hashOf({ image_id, mark }: DestinationRef): string {
  return createHash('sha256')
    .update(JSON.stringify([image_id, mark]))
    .digest('hex');
}
