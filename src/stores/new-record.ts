import type { ImageRecord } from '../image/index.ts';

/**
 * Returns the record of a private image in the raw format that nobody owns and of which no digest is known,
 * except for what the given fields say. The order of the keys is the one in which records are written.
 */
export function newRecord({
  id,
  name,
  size,
  ...others
}: Pick<ImageRecord, 'id' | 'name' | 'size'> & Partial<ImageRecord>): ImageRecord {
  return {
    id,
    name,
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
    properties: {},
    created_at: new Date().toISOString(),
    ...others,
  };
}
