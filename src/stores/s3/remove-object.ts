import { DeleteObjectCommand } from '@aws-sdk/client-s3';
import { StoreError } from '../store-error.ts';
import type { Selected } from './brief-delete.ts';
import type { Bucket } from './bucket.ts';
import { isAbsent, isS3Error } from './errors.ts';
import { headOf } from './read-object.ts';

/** Maximum number of tries of a removal. A try may come too late, or find the server busy. */
const MAX_TRIES = 5;

/**
 * Removes an object if it still has this ETag. Does nothing if it is gone or was replaced. A server without
 * conditional removals removes whatever is at the key.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-deletes.html
 */
export async function removeExactly(
  { client, bucket: Bucket }: Bucket,
  Key: string,
  IfMatch: string,
): Promise<void> {
  try {
    await client.send(new DeleteObjectCommand({ Bucket, Key, IfMatch }));
  } catch (error) {
    if (isAbsent(error) || isS3Error(error, 'PreconditionFailed')) return;
    if (!isS3Error(error, 'NotImplemented')) throw error;
    await client.send(new DeleteObjectCommand({ Bucket, Key }));
  }
}

/**
 * Removes an object as it was found, if `isAllowed` agrees. The request is signed before `isAllowed` is
 * asked, and the server refuses it a few seconds later. So the answer of `isAllowed` is never much older than
 * the removal, however long this process is frozen. A bucket that keeps versions would only hide the object,
 * whose bytes would still be paid for: there the version itself is removed, if the account may do that.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/DeletingObjectVersions.html
 */
export async function removeWhere(
  store: Bucket,
  key: string,
  isAllowed: () => Promise<boolean>,
): Promise<void> {
  const found = await headOf(store, key);
  if (found === undefined) return;
  const { version, etag } = found;
  const isDone =
    version !== undefined && (await removeBriefly(store, key, { version }, isAllowed)) === 'done';
  if (!isDone) await removeCurrent(store, key, etag, isAllowed);
}

/**
 * Removes an object that has this ETag, if `isAllowed` agrees, as `removeWhere` does. A bucket that keeps
 * versions only hides it.
 */
export async function removeCurrent(
  store: Bucket,
  key: string,
  etag: string,
  isAllowed: () => Promise<boolean>,
): Promise<void> {
  if ((await removeBriefly(store, key, { etag }, isAllowed)) === 'done') return;
  // An account may be denied presigned requests.
  if (await isAllowed()) await removeExactly(store, key, etag);
}

/**
 * Removes an object with a request that expires. Returns `denied` if such requests cannot be signed or are
 * denied. Otherwise returns `done`, even if `isAllowed` says no.
 */
async function removeBriefly(
  store: Bucket,
  key: string,
  selected: Selected,
  isAllowed: () => Promise<boolean>,
): Promise<'done' | 'denied'> {
  for (let tries = 1; ; tries += 1) {
    const removal = await store.briefDelete(key, selected);
    if (removal === undefined) return 'denied';
    if (!(await isAllowed())) return 'done';
    const status = await removal.send();
    if (status < 300 || status === 404 || status === 412) return 'done';
    // The server does not support conditional removals.
    if (status === 501 && selected.etag !== undefined) return removeBriefly(store, key, {}, isAllowed);
    if (status === 403 && !removal.isLate()) return 'denied';
    if (tries === MAX_TRIES) throw new StoreError('unavailable', `the object store answered ${status}`);
  }
}
