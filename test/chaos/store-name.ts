/** What the fault is about: stores of images, and the two that have plain objects. */
export const STORES = ['directory', 's3', 'objects-directory', 'objects-s3', 'glance'] as const;
export type StoreName = (typeof STORES)[number];
