import {
  AbortMultipartUploadCommand,
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';

/** A bucket for one trial, as any S3 client sees it. */
export interface RawBucket {
  readonly name: string;
  put(key: string, data: Buffer | string): Promise<void>;
  get(key: string): Promise<Buffer>;
  remove(key: string): Promise<void>;
  keys(): Promise<string[]>;
  /** Lists the uploads that are neither completed nor aborted. */
  uploads(): Promise<string[]>;
  close(): Promise<void>;
}

export async function openRawBucket(endpoint: string, name: string): Promise<RawBucket> {
  const client = new S3Client({ region: 'us-east-1', endpoint, forcePathStyle: true });
  const Bucket = name;
  await client.send(new CreateBucketCommand({ Bucket }));
  const uploads = async () => (await client.send(new ListMultipartUploadsCommand({ Bucket }))).Uploads ?? [];
  const bucket: RawBucket = {
    name,
    put: async (Key, Body) => {
      await client.send(new PutObjectCommand({ Bucket, Key, Body }));
    },
    get: async (Key) => {
      const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }));
      return Buffer.from((await Body?.transformToByteArray()) ?? []);
    },
    remove: async (Key) => {
      await client.send(new DeleteObjectCommand({ Bucket, Key }));
    },
    keys: async () =>
      ((await client.send(new ListObjectsV2Command({ Bucket }))).Contents ?? []).map(({ Key = '' }) => Key),
    uploads: async () => (await uploads()).map(({ Key, UploadId }) => `upload ${Key} ${UploadId}`),
    async close() {
      for (const { Key, UploadId } of await uploads()) {
        await client.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId }));
      }
      for (const key of await bucket.keys()) await bucket.remove(key);
      await client.send(new DeleteBucketCommand({ Bucket })).catch(() => {});
      client.destroy();
    },
  };
  return bucket;
}
