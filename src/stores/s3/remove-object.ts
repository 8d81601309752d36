import { DeleteObjectCommand } from '@aws-sdk/client-s3';
import type { Bucket } from './bucket.ts';
import { isAbsent } from './errors.ts';

/** An object that is not there is removed. */
export async function removeObject({ client, bucket }: Bucket, Key: string): Promise<void> {
  await client.send(new DeleteObjectCommand({ Bucket: bucket, Key })).catch((error) => {
    if (!isAbsent(error)) throw error;
  });
}
