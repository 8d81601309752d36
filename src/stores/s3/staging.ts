import { hashOf } from '../hash-of.ts';
import type { DestinationRef } from '../port.ts';
import type { Bucket } from './bucket.ts';

/** The folder of a bucket that has the objects in the making. No object's path begins with it. */
export const HIDDEN = '.image-replicator/';

/**
 * Returns a bucket whose keys are those of one object in the making:
 *
 *     <prefix>/.image-replicator/<hash>/job   the job, and its upload: first of the data, then of the object
 *     <prefix>/.image-replicator/<hash>/data  the bytes, once their upload is complete
 *
 * A plain object has no record, so the key `record` stays empty.
 */
export function stagingOf(store: Bucket, ref: DestinationRef): Bucket {
  return stagingAt(store, hashOf(ref));
}

/** Returns the bucket that `stagingOf` returns for a reference with this hash. */
export function stagingAt(store: Bucket, hash: string): Bucket {
  const keyOf = (name: string) => () => `${store.keys.prefix}${HIDDEN}${hash}/${name}`;
  return {
    ...store,
    keys: { ...store.keys, job: keyOf('job'), data: keyOf('data'), record: keyOf('image.json') },
  };
}
