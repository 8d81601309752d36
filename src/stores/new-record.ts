import type { ImageRecord } from '../image/index.ts';

/**
 * Returns a record with the given fields. The others describe a private raw image without owner and digests.
 * Stores write the fields in this order.
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
