/** The stores at which a fault can happen: three that hold images, and two that hold plain objects. */
export const STORES = ['directory', 's3', 'objects-directory', 'objects-s3', 'glance'] as const;
export type StoreName = (typeof STORES)[number];
