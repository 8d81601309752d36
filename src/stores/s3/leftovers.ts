import { inTurn, type Leftover, leftoversAt, unlessNeeded, watchWith } from '../leftover.ts';
import type { DestinationRef } from '../port.ts';
import type { Bucket } from './bucket.ts';
import { onS3 } from './errors.ts';
import type { JobObject } from './job-content.ts';
import { readJobObject } from './job-object.ts';
import { keyIfUtf8, listPages } from './list-keys.ts';
import { listUploads } from './list-uploads.ts';
import { removeOrphan } from './orphan.ts';
import { headOf } from './read-object.ts';
import { isCommitted, removeReservation, type UploadKeys } from './reservation.ts';
import { isImageId } from './source.ts';
import { HIDDEN, stagingAt } from './staging.ts';
import { listParts, type UploadedPart } from './upload.ts';
import { type Place, uploadLeftovers } from './upload-leftovers.ts';

/** An object as it was listed. */
interface Found {
  readonly size: number;
  readonly changed: Date;
}

/** Lists the images that jobs are making or have left behind. */
export async function* imageLeftovers(store: Bucket): AsyncGenerator<Leftover> {
  const placeOf = (name: string): Place | undefined =>
    isImageId(name) ? { name, store, kind: 'image in the making' } : undefined;
  yield* leftoversBelow(store, '', placeOf);
}

/** Lists the plain objects that jobs are making or have left behind. */
export async function* objectLeftovers(store: Bucket): AsyncGenerator<Leftover> {
  const placeOf = (name: string): Place => ({
    name,
    store: stagingAt(store, name),
    kind: 'object in the making',
  });
  yield* leftoversBelow(store, HIDDEN, placeOf);
}

/** @param placeOf returns `undefined` if a folder of this name belongs to somebody else */
async function* leftoversBelow(
  store: Bucket,
  folder: string,
  placeOf: (name: string) => Place | undefined,
): AsyncGenerator<Leftover> {
  const inFolders = leftoversAt(foldersBelow(store, folder), async ([name, files]) => {
    const place = placeOf(name);
    const isWhole = files.has('image.json') && files.has('data');
    if (place === undefined || isWhole) return undefined;
    return onS3(() => leftoverAt(place, files));
  });
  yield* inTurn([inFolders, uploadLeftovers(store, folder, placeOf)]);
}

/** Yields each folder below a prefix, with the objects in it by name. */
async function* foldersBelow(
  store: Bucket,
  folder: string,
): AsyncGenerator<[name: string, files: Map<string, Found>]> {
  const Prefix = `${store.keys.prefix}${folder}`;
  let present: [string, Map<string, Found>] | undefined;
  for await (const page of listPages(store, { Prefix })) {
    for (const { Key: listed = '', Size = 0, LastModified = new Date() } of page.Contents ?? []) {
      const [name = '', file, ...deeper] = keyIfUtf8(listed, page)?.slice(Prefix.length).split('/') ?? [];
      if (file === undefined || deeper.length > 0) continue;
      if (present?.[0] !== name) {
        if (present !== undefined) yield present;
        present = [name, new Map()];
      }
      present[1].set(file, { size: Size, changed: LastModified });
    }
  }
  if (present !== undefined) yield present;
}

async function leftoverAt(place: Place, files: ReadonlyMap<string, Found>): Promise<Leftover | undefined> {
  const job = files.has('job') ? await readJobObject(place.store, place.name) : undefined;
  if (job !== undefined && job.mark !== '') {
    // Somebody may have removed the data of a committed image. Its record is not a leftover of the job.
    const hasLostData = files.has('image.json') && (await isCommitted(place.store, refTo(place, job)));
    return hasLostData ? undefined : inTheMaking(place, job, files);
  }
  if (files.has('data')) return objectWithoutJob(place, 'data');
  return files.has('image.json') ? objectWithoutJob(place, 'record') : undefined;
}

function refTo({ name }: Place, { mark }: Pick<JobObject, 'mark'>): DestinationRef {
  return { image_id: name, tenant_id: null, mark, digests: { sha512: null, md5: null } };
}

/**
 * Returns a function that finds the keys at which a job's upload may be. An image's upload is at the key of
 * the data. A plain object's upload may also be at the object's own key, which the place does not tell. So
 * for a plain object, the function searches all open uploads below the bucket's prefix.
 */
function uploadKeysAt({ name, store, kind }: Place): UploadKeys {
  const data = store.keys.data(name);
  return async (uploadId) => {
    if (kind === 'image in the making') return [data];
    for await (const { Key, UploadId } of listUploads(store, store.keys.prefix))
      if (UploadId === uploadId && Key !== data) return [data, Key];
    return [data];
  };
}

async function inTheMaking(
  place: Place,
  job: JobObject,
  files: ReadonlyMap<string, Found>,
): Promise<Leftover> {
  const { name, store, kind } = place;
  const uploadKeys = uploadKeysAt(place);
  const parts: UploadedPart[] = [];
  for (const Key of await uploadKeys(job.upload_id))
    parts.push(...((await listParts(store, { Key, UploadId: job.upload_id })) ?? []));
  const times = [...files.values(), ...parts.map(({ LastModified }) => ({ changed: LastModified }))];
  const ref = refTo(place, job);
  return {
    kind,
    place: name,
    mark: job.mark,
    bytes: parts.reduce((sum, { Size }) => sum + Size, files.get('data')?.size ?? 0),
    changed: new Date(Math.max(...times.map(({ changed }) => changed?.getTime() ?? 0))),
    abandonedAfter: null,
    remove: (confirm) =>
      unlessNeeded(() =>
        onS3(async () => {
          // Since the image was listed, the job may have committed it.
          if (await isCommitted(store, ref)) return false;
          return removeReservation(store, ref, job.attempt, uploadKeys, watchWith(confirm));
        }),
      ),
  };
}

/**
 * Returns the leftover for data without a job object, or for a record that has neither data nor a job object.
 * A delayed request has made such an object after a discard. Returns `undefined` for an object without a
 * mark, because it is somebody else's.
 */
async function objectWithoutJob(place: Place, kind: 'data' | 'record'): Promise<Leftover | undefined> {
  const { name, store } = place;
  const key = store.keys[kind](name);
  const isOrphan = async () => kind === 'data' || (await headOf(store, store.keys.data(name))) === undefined;
  const found = await headOf(store, key);
  const mark = found?.stamp.mark ?? null;
  if (found === undefined || mark === null) return undefined;
  const ref = refTo(place, { mark });
  return {
    kind,
    place: name,
    mark,
    bytes: found.size,
    changed: found.changed,
    abandonedAfter: null,
    remove: (confirm) => unlessNeeded(() => onS3(() => removeOrphan(store, ref, key, isOrphan, confirm))),
  };
}
