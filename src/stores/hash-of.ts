import { createHash } from 'node:crypto';
import type { DestinationRef } from './port.ts';

/**
 * Returns a name that tells one job's object from what others put at the same path. Every store can have an
 * object of this name.
 */
export function hashOf({ image_id, mark }: DestinationRef): string {
  return createHash('sha256')
    .update(JSON.stringify([image_id, mark]))
    .digest('hex');
}
