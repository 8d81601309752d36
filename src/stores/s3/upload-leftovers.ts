import { type Leftover, leftoversAt } from '../leftover.ts';
import type { Bucket } from './bucket.ts';
import { onS3 } from './errors.ts';
import { readJobObject } from './job-object.ts';
import { listUploads } from './list-uploads.ts';
import { headOf } from './read-object.ts';
import { abortUpload, listParts, type MultipartUpload } from './upload.ts';

/** The place of an image or object in the making. `store` is its bucket, with the keys of that place. */
export interface Place {
  readonly name: string;
  readonly store: Bucket;
  readonly kind: Extract<Leftover['kind'], `${string} in the making`>;
}

const A_DAY = 24 * 60 * 60_000;

/**
 * Lists uploads that nobody will complete. There are two kinds:
 * - uploads that no job object names, for example because a process died before it could note them there;
 * - uploads of an image that is whole already.
 *
 * Their parts are invisible, but have to be paid for.
 */
export async function* uploadLeftovers(
  store: Bucket,
  folder: string,
  placeOf: (name: string) => Place | undefined,
): AsyncGenerator<Leftover> {
  const Prefix = `${store.keys.prefix}${folder}`;
  yield* leftoversAt(listUploads(store, Prefix), async ({ Key, UploadId, initiated }) => {
    const [name = ''] = Key.slice(Prefix.length).split('/');
    const place = placeOf(name);
    // Somebody else may have uploads in the same bucket.
    if (place?.store.keys.data(name) !== Key || initiated === undefined) return undefined;
    return onS3(() => leftoverOf(place, { Key, UploadId }, initiated));
  });
}

async function leftoverOf(
  { name, store }: Place,
  upload: MultipartUpload,
  initiated: Date,
): Promise<Leftover | undefined> {
  const job = await readJobObject(store, name);
  const isWhole = (await headOf(store, store.keys.record(name))) !== undefined;
  if (job?.upload_id === upload.UploadId && !isWhole) return undefined;
  const parts = (await listParts(store, upload)) ?? [];
  return {
    kind: 'upload',
    place: name,
    mark: null,
    bytes: parts.reduce((sum, { Size }) => sum + Size, 0),
    changed: initiated,
    // A job object names its upload long before this age, or never will.
    abandonedAfter: A_DAY,
    remove: () => onS3(() => abortUpload(store, upload)).then(() => true),
  };
}
