import type { ImageRecord } from '../image/index.ts';
import { newRecord } from './new-record.ts';
import type { ObjectAttributes } from './port.ts';

/** Returns an image record that stands for a plain file or object. Its properties are the attributes. */
export function recordOfObject(
  path: string,
  size: number,
  modified: Date,
  attributes: ObjectAttributes = {},
): ImageRecord {
  return newRecord({
    id: path,
    name: path.split('/').at(-1) ?? path,
    size,
    properties: attributes,
    created_at: modified.toISOString(),
  });
}
