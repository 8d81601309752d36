import { type Digests, digestsOf, type ImageRecord } from '../../image/index.ts';
import { checkedRecord } from '../record-json.ts';

/** The property that an image bears while it is being made: its value is the mark of the job. */
export const JOB_PROPERTY = 'image_replicator_job';

/**
 * An image as Glance shows it.
 * @see https://docs.openstack.org/api-ref/image/v2/#show-image
 */
export interface GlanceImage {
  readonly id: string;
  readonly name: string | null;
  readonly status: string;
  readonly owner: string | null;
  readonly visibility: ImageRecord['visibility'];
  readonly os_hidden?: boolean;
  readonly protected: boolean;
  readonly disk_format: string | null;
  readonly container_format: string | null;
  readonly size: number | null;
  readonly min_disk: number;
  readonly min_ram: number;
  readonly os_hash_algo?: string | null;
  readonly os_hash_value?: string | null;
  readonly checksum: string | null;
  readonly tags: readonly string[];
  readonly created_at: string;
  readonly [property: string]: unknown;
}

/** Glance's own fields. Any other field with a text is a property that somebody has set. */
const OWN_KEYS = new Set([
  ...['id', 'name', 'status', 'owner', 'visibility', 'os_hidden', 'protected', 'disk_format', 'size'],
  ...['container_format', 'virtual_size', 'min_disk', 'min_ram', 'os_hash_algo', 'os_hash_value', 'checksum'],
  ...['tags', 'created_at', 'updated_at', 'self', 'file', 'schema', 'direct_url', 'locations', 'stores'],
]);

/**
 * Returns an image's record.
 * @throws StoreError `invalid_image` if a field has a value that no record can have; the message names the
 * image and the field
 */
export function toRecord(image: GlanceImage): ImageRecord {
  const record = {
    id: image.id,
    name: image.name,
    status: image.status === 'active' || image.status === 'deactivated' ? image.status : 'queued',
    owner: image.owner,
    visibility: image.visibility,
    os_hidden: image.os_hidden ?? false,
    protected: image.protected,
    disk_format: image.disk_format,
    container_format: image.container_format,
    size: image.size ?? 0,
    min_disk: image.min_disk,
    min_ram: image.min_ram,
    ...knownHash(image),
    checksum: image.checksum ?? null,
    tags: Array.isArray(image.tags) ? [...image.tags].sort() : image.tags,
    properties: Object.fromEntries(
      Object.entries(image).filter(
        (entry): entry is [string, string] => typeof entry[1] === 'string' && !OWN_KEYS.has(entry[0]),
      ),
    ),
    created_at: image.created_at,
  };
  return checkedRecord(record, image.id);
}

/** Returns the digests of an image's data that can be compared with others. */
export function glanceDigests(image: GlanceImage): Digests {
  return digestsOf({ ...knownHash(image), checksum: image.checksum ?? null });
}

/**
 * Returns the digest that Glance has computed. If a Glance is configured for an algorithm that is not known
 * here, both fields are `null`.
 */
function knownHash({ os_hash_algo, os_hash_value }: GlanceImage) {
  const isKnown = os_hash_algo === 'sha512' || os_hash_algo === 'sha256';
  if (!isKnown || typeof os_hash_value !== 'string') return { os_hash_algo: null, os_hash_value: null };
  return { os_hash_algo, os_hash_value } as const;
}

/**
 * Returns the fields from which an image is created. Until the commit, the image is private, and neither
 * hidden nor protected. Glance limits the number of properties. So until the commit, the mark takes the place
 * of the last property.
 */
export function toCreate(image: ImageRecord, mark: string): Readonly<Record<string, unknown>> {
  return {
    ...Object.fromEntries(Object.entries(image.properties).slice(0, -1)),
    id: image.id,
    ...(image.name !== null && { name: image.name }),
    disk_format: image.disk_format,
    container_format: image.container_format,
    min_disk: image.min_disk,
    min_ram: image.min_ram,
    tags: image.tags,
    visibility: 'private',
    [JOB_PROPERTY]: mark,
  };
}
