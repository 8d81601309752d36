import type { ImageRecord } from '../image/index.ts';

/** The record of a plain file or object: all that is known of it is where it is, how large, and how old. */
export function bareRecord(path: string, size: number, modified: Date): ImageRecord {
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
    properties: {},
    created_at: modified.toISOString(),
  };
}
