import { createHash } from 'node:crypto';
import type { DestinationRef } from './port.ts';

/**
 * Returns a name for the data that a job is making for a path. No other job or path has this name, and every
 * store allows the name.
 */
export function hashOf({ image_id, mark }: DestinationRef): string {
  return createHash('sha256')
    .update(JSON.stringify([image_id, mark]))
    .digest('hex');
}
