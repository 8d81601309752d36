/**
 * An image as a store describes it, in Glance's field names
 * (Image service API v2, "Show image": https://docs.openstack.org/api-ref/image/v2/).
 */
export interface ImageRecord {
  readonly id: string;
  readonly name: string | null;
  /** Only an `active` image has data that may be copied. */
  readonly status: 'queued' | 'active' | 'deactivated';
  readonly owner: string | null;
  readonly visibility: 'private' | 'shared' | 'community' | 'public';
  /** `true` if listings leave the image out. */
  readonly os_hidden: boolean;
  /** `true` if the image cannot be deleted. */
  readonly protected: boolean;
  readonly disk_format: string | null;
  readonly container_format: string | null;
  /** Bytes of the image's data. */
  readonly size: number;
  readonly min_disk: number;
  readonly min_ram: number;
  /** The algorithm of `os_hash_value`. */
  readonly os_hash_algo: 'sha512' | 'sha256' | null;
  /** Lower-case hexadecimal digest of the data. */
  readonly os_hash_value: string | null;
  /** Lower-case hexadecimal md5 of the data. Old images have no other digest. */
  readonly checksum: string | null;
  readonly tags: readonly string[];
  /** Custom properties: `os_*`, `hw_*` and whatever else the owner has set. */
  readonly properties: Readonly<Record<string, string>>;
  /** When the image was created; RFC 3339. */
  readonly created_at: string;
}

/** Tells whether a tenant may see an image. `null` stands for an operator, who sees all. */
export function isVisibleTo(image: ImageRecord, tenantId: string | null): boolean {
  if (tenantId === null || image.owner === null || image.owner === tenantId) return true;
  return image.visibility === 'public' || image.visibility === 'community';
}
