import type { ImageRecord } from './record.ts';

/** The fields of a copy that the job's plan decides. */
export interface CopyTarget {
  readonly image_id: string;
  /** The copy's name, or `null` for the source's. */
  readonly image_name: string | null;
  readonly tenant_id: string | null;
}

/**
 * Names of the properties that a copy does not get. Some have a meaning only in their own region, such as the
 * ids of keys, volumes and servers. Others are reserved for a service.
 * @see https://docs.openstack.org/glance/latest/admin/useful-image-properties.html
 * @see Nova's `non_inheritable_image_properties`
 */
const LEFT_BEHIND = [
  /^os_glance/,
  /^image_replicator_/,
  /^cinder_encryption_key_/,
  /^img_signature/,
  /^(kernel|ramdisk)_id$/,
  /^(block_device_mapping|bdm_v2|root_device_name)$/,
  /^(base_image_ref|instance_uuid|instance_id|image_type|image_location|image_state|boot_roles)$/,
  /^(user_id|owner_id|owner_user_name|owner_project_name|clean_attempts)$/,
];

/**
 * Returns the record that a copy has before its data is there. It has the source's fields, without the
 * properties that a copy does not get. Sharing, hiding and protection are kept only if the requester is the
 * source's owner.
 * @param requester the tenant for whom the source is read
 */
export function copyOf(source: ImageRecord, target: CopyTarget, requester: string | null): ImageRecord {
  const isOwn = source.owner !== null && source.owner === requester;
  return {
    ...source,
    id: target.image_id,
    name: target.image_name ?? source.name,
    owner: target.tenant_id,
    visibility: isOwn && source.visibility === 'shared' ? 'shared' : 'private',
    os_hidden: isOwn && source.os_hidden,
    protected: isOwn && source.protected,
    properties: Object.fromEntries(
      Object.entries(source.properties).filter(([name]) => !LEFT_BEHIND.some((rule) => rule.test(name))),
    ),
    created_at: new Date().toISOString(),
  };
}
