import { DeleteObjectCommand, HeadObjectCommand } from '@aws-sdk/client-s3';
import type { Watch } from '../port.ts';
import type { Bucket } from './bucket.ts';
import { isAbsent, isS3Error } from './errors.ts';
import { headOf } from './read-object.ts';

/**
 * Removes an object if it is still the one that has this ETag. One that is not there, or is another one by now, is
 * left as it is. A server that knows no conditional removal removes what it has.
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

/** Removes an object as it is now, if there is one. */
export async function removePresent(store: Bucket, Key: string): Promise<void> {
  const found = await headOf(store, Key);
  if (found !== undefined) await removeExactly(store, Key, found.etag);
}

/**
 * Removes data that was written once. A bucket that keeps versions would hide it, and go on to count its bytes: there
 * the version itself is removed, where that is allowed. Elsewhere another copy of the same image would have the same
 * ETag, so that the removal is confirmed right before it is asked for.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/DeletingObjectVersions.html
 */
export async function removeData(store: Bucket, Key: string, watch?: Watch): Promise<void> {
  const { client, bucket: Bucket } = store;
  try {
    const { VersionId, ETag = '' } = await client.send(new HeadObjectCommand({ Bucket, Key }));
    await watch?.confirm();
    if (VersionId === undefined) return await removeExactly(store, Key, ETag);
    await client.send(new DeleteObjectCommand({ Bucket, Key, VersionId }));
  } catch (error) {
    if (isS3Error(error, 'AccessDenied')) return removePresent(store, Key);
    if (!isAbsent(error)) throw error;
  }
}
