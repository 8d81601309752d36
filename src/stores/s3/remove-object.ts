import { DeleteObjectCommand, HeadObjectCommand } from '@aws-sdk/client-s3';
import type { Bucket } from './bucket.ts';
import { isAbsent, isS3Error } from './errors.ts';

/** An object that is not there is removed. */
export async function removeObject({ client, bucket }: Bucket, Key: string): Promise<void> {
  await client.send(new DeleteObjectCommand({ Bucket: bucket, Key })).catch((error) => {
    if (!isAbsent(error)) throw error;
  });
}

/**
 * The same of an object that was written once. A bucket that keeps versions would hide it, and go on to count its bytes:
 * there the version itself is removed, where that is allowed.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/DeletingObjectVersions.html
 */
export async function removeData(store: Bucket, Key: string): Promise<void> {
  const { client, bucket: Bucket } = store;
  try {
    const { VersionId } = await client.send(new HeadObjectCommand({ Bucket, Key }));
    if (VersionId === undefined) return await removeObject(store, Key);
    await client.send(new DeleteObjectCommand({ Bucket, Key, VersionId }));
  } catch (error) {
    if (isS3Error(error, 'AccessDenied')) return removeObject(store, Key);
    if (!isAbsent(error)) throw error;
  }
}
