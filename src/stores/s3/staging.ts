import { hashOf } from '../hash-of.ts';
import type { DestinationRef } from '../port.ts';
import type { Bucket } from './bucket.ts';

/** Where a bucket has what is no object yet, below its prefix. No path leads there. */
export const HIDDEN = '.image-replicator/';

/**
 * The same bucket, as it is for one job and path:
 *
 *     <prefix>/.image-replicator/<hash>/job   the job, and its upload: of the data, then of the object itself
 *     <prefix>/.image-replicator/<hash>/data  the bytes, put together
 */
export function stagingOf(store: Bucket, ref: DestinationRef): Bucket {
  return stagingAt(store, hashOf(ref));
}

export function stagingAt(store: Bucket, hash: string): Bucket {
  const at = (name: string) => () => `${store.keys.prefix}${HIDDEN}${hash}/${name}`;
  return {
    ...store,
    keys: { ...store.keys, job: at('job'), data: at('data'), record: at('image.json') },
  };
}
