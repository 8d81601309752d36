import { randomUUID } from 'node:crypto';
import {
  CreateBucketCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  ListPartsCommand,
  type MultipartUpload,
  S3Client,
} from '@aws-sdk/client-s3';
import { inject } from 'vitest';

/** A new bucket, and a look at what copies have put into it. */
export interface TestBucket {
  /** Returns the configuration of a region that is this bucket, or a prefix in it. */
  region(prefix?: string): object;
  /** Returns the keys of the objects that begin with a prefix. */
  keys(prefix?: string): Promise<readonly string[]>;
  /** Returns the keys of the uploads that are not completed. */
  uploads(): Promise<readonly string[]>;
  /** Returns the number of bytes of the parts of these uploads. */
  bytesPut(): Promise<number>;
  close(): void;
}

/** Makes a bucket at the server of the test run. */
export async function openBucket(): Promise<TestBucket> {
  const endpoint = inject('s3Endpoint');
  const client = new S3Client({ region: 'us-east-1', endpoint, forcePathStyle: true });
  const Bucket = `test-${randomUUID()}`;
  await client.send(new CreateBucketCommand({ Bucket }));
  const unfinished = async () =>
    (await client.send(new ListMultipartUploadsCommand({ Bucket }))).Uploads ?? [];
  const sizeOf = async ({ Key, UploadId }: MultipartUpload) => {
    const { Parts = [] } = await client.send(new ListPartsCommand({ Bucket, Key, UploadId }));
    return Parts.reduce((sum, { Size = 0 }) => sum + Size, 0);
  };
  return {
    region: (prefix) => ({
      store: { driver: 's3', bucket: Bucket, endpoint, path_style: true, ...(prefix && { prefix }) },
    }),
    async keys(prefix = '') {
      const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket, Prefix: prefix }));
      return Contents.map(({ Key = '' }) => Key).toSorted();
    },
    uploads: async () => (await unfinished()).map(({ Key = '' }) => Key),
    bytesPut: async () =>
      (await Promise.all((await unfinished()).map(sizeOf))).reduce((sum, size) => sum + size, 0),
    close: () => client.destroy(),
  };
}
