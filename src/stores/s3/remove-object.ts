import { DeleteObjectCommand } from '@aws-sdk/client-s3';
import { StoreError } from '../store-error.ts';
import type { Selected } from './brief-delete.ts';
import type { Bucket } from './bucket.ts';
import { isAbsent, isS3Error } from './errors.ts';
import { headOf } from './read-object.ts';

/** Maximum number of tries of a removal. A try may come too late, or find the server busy. */
const MAX_TRIES = 5;

/**
 * Removes an object if it still has this ETag. Returns `false` if the object is gone or was replaced. A
 * server without conditional removals removes whatever is at the key.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-deletes.html
 */
export async function removeExactly(
  { client, bucket: Bucket }: Bucket,
  Key: string,
  IfMatch: string,
): Promise<boolean> {
  try {
    await client.send(new DeleteObjectCommand({ Bucket, Key, IfMatch }));
  } catch (error) {
    if (isAbsent(error) || isS3Error(error, 'PreconditionFailed')) return false;
    if (!isS3Error(error, 'NotImplemented')) throw error;
    await client.send(new DeleteObjectCommand({ Bucket, Key }));
  }
  return true;
}

/**
 * Removes the object that is at a key now, if `isAllowed` agrees. Returns whether it was removed.
 *
 * The request is signed before `isAllowed` is asked, and expires a few seconds later. So the answer of
 * `isAllowed` is never much older than the removal, however long this process is frozen.
 *
 * In a bucket that keeps versions, removes the version itself, if the account may do that. Otherwise the
 * bucket would only hide the object, and its bytes would still have to be paid for.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/DeletingObjectVersions.html
 */
export async function removeWhere(
  store: Bucket,
  key: string,
  isAllowed: () => Promise<boolean>,
): Promise<boolean> {
  const found = await headOf(store, key);
  if (found === undefined) return false;
  const { version, etag } = found;
  if (version !== undefined) {
    const outcome = await removeBriefly(store, key, { version }, isAllowed);
    if (outcome !== 'denied') return outcome === 'removed';
  }
  return removeCurrent(store, key, etag, isAllowed);
}

/**
 * Removes an object that has this ETag, if `isAllowed` agrees, by a request that expires. A bucket that keeps
 * versions only hides the object.
 */
export async function removeCurrent(
  store: Bucket,
  key: string,
  etag: string,
  isAllowed: () => Promise<boolean>,
): Promise<boolean> {
  const outcome = await removeBriefly(store, key, { etag }, isAllowed);
  if (outcome !== 'denied') return outcome === 'removed';
  // Some accounts may not presign requests.
  return (await isAllowed()) && (await removeExactly(store, key, etag));
}

/**
 * Removes an object by a request that expires. Returns `kept` if `isAllowed` says no, or if the object is
 * gone or was replaced. Returns `denied` if the account cannot, or may not, make such a request.
 */
async function removeBriefly(
  store: Bucket,
  key: string,
  selected: Selected,
  isAllowed: () => Promise<boolean>,
): Promise<'removed' | 'kept' | 'denied'> {
  for (let tries = 1; ; tries += 1) {
    const removal = await store.briefDelete(key, selected);
    if (removal === undefined) return 'denied';
    if (!(await isAllowed())) return 'kept';
    const status = await removal.send();
    if (status < 300) return 'removed';
    if (status === 404 || status === 412) return 'kept';
    // The server knows no conditional removals.
    if (status === 501 && selected.etag !== undefined) return removeBriefly(store, key, {}, isAllowed);
    if (status === 403 && !removal.isLate()) return 'denied';
    if (tries === MAX_TRIES) throw new StoreError('unavailable', `the object store answered ${status}`);
  }
}
