import type { ImageRecord } from '../image/index.ts';
import type { ObjectAttributes } from './port.ts';

/** Returns an image record that stands for a plain file or object. Its properties are the attributes. */
export function bareRecord(
  path: string,
  size: number,
  modified: Date,
  attributes: ObjectAttributes = {},
): ImageRecord {
  return {
    id: path,
    name: path.split('/').at(-1) ?? path,
    status: 'active',
    owner: null,
    visibility: 'private',
    os_hidden: false,
    protected: false,
    disk_format: 'raw',
    container_format: 'bare',
    size,
    min_disk: 0,
    min_ram: 0,
    os_hash_algo: null,
    os_hash_value: null,
    checksum: null,
    tags: [],
    properties: attributes,
    created_at: modified.toISOString(),
  };
}
