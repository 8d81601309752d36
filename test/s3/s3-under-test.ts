import { randomUUID } from 'node:crypto';
import {
  CompleteMultipartUploadCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutBucketVersioningCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { inject } from 'vitest';
import type { S3Options } from '../../src/stores/s3/bucket.ts';
import { s3Driver } from '../../src/stores/s3/index.ts';
import { type AlterableStore, recordOf, type StoreTraits } from '../stores/store-under-test.ts';

/** The traits of the server. */
export const SERVER = inject('s3Traits');

export const S3_TRAITS: StoreTraits = {
  reusesIds: true,
  usedIdError: 'conflict',
  numbers: true,
  freeIds: true,
  emptyImages: true,
  operators: true,
};

export interface S3UnderTest extends AlterableStore {
  readonly client: S3Client;
  readonly bucket: string;
  /** The options with which the store was opened. */
  readonly options: S3Options;
  /** Puts an object into the folder of the images. */
  put(key: string, data: Uint8Array | string): Promise<unknown>;
}

/** Writes an object again as one part, which gives it another ETag. */
async function putInParts(client: S3Client, target: { Bucket: string; Key: string }): Promise<void> {
  const { Body } = await client.send(new GetObjectCommand(target));
  const bytes = (await Body?.transformToByteArray()) ?? '';
  const { UploadId } = await client.send(new CreateMultipartUploadCommand(target));
  const part = { ...target, UploadId, PartNumber: 1 };
  const { ETag } = await client.send(new UploadPartCommand({ ...part, Body: bytes }));
  const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
  await client.send(new CompleteMultipartUploadCommand({ ...target, UploadId, MultipartUpload }));
}

/** Opens a store in a bucket of its own, which keeps versions if `versions` is true. */
export async function openS3({ versions = false } = {}): Promise<S3UnderTest> {
  const endpoint = inject('s3Endpoint');
  const client = new S3Client({ region: 'us-east-1', endpoint, forcePathStyle: true });
  const Bucket = `test-${randomUUID()}`;
  await client.send(new CreateBucketCommand({ Bucket }));
  if (versions) {
    const VersioningConfiguration = { Status: 'Enabled' } as const;
    await client.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration }));
  }
  const put = (Key: string, Body: Uint8Array | string) =>
    client.send(new PutObjectCommand({ Bucket, Key: `images/${Key}`, Body }));
  const keys = async () =>
    ((await client.send(new ListObjectsV2Command({ Bucket }))).Contents ?? []).map(({ Key = '' }) => Key);
  const uploads = async () => {
    const { Uploads } = await client.send(new ListMultipartUploadsCommand({ Bucket }));
    return (Uploads ?? []).map(({ Key, UploadId }) => `upload ${Key} ${UploadId}`);
  };
  const options = { bucket: Bucket, prefix: 'images', endpoint, path_style: true };
  const sizes = new Map<string, number>();
  return {
    client,
    bucket: Bucket,
    tenants: { a: 'tenant-a', b: 'tenant-b' },
    options,
    put,
    store: s3Driver.open(options, '/'),
    async addImage(data, fields) {
      const record = recordOf(data, fields);
      sizes.set(record.id, data.length);
      await put(`${record.id}/data`, data);
      await put(`${record.id}/image.json`, JSON.stringify(record));
      return record;
    },
    putRecord: async (imageId, record) => {
      await put(`${imageId}/image.json`, Buffer.from(record));
    },
    touchData: (imageId) => putInParts(client, { Bucket, Key: `images/${imageId}/data` }),
    alterData: async (imageId) => {
      await put(`${imageId}/data`, Buffer.alloc(sizes.get(imageId) ?? 0, 'a'));
    },
    replaceData: async (imageId) => {
      await put(`${imageId}/data`, Buffer.alloc(sizes.get(imageId) ?? 0, 'r'));
    },
    traces: async () => [...(await keys()), ...(await uploads())].sort(),
    async close() {
      for (const Key of await keys()) await client.send(new DeleteObjectCommand({ Bucket, Key }));
      await client.send(new DeleteBucketCommand({ Bucket })).catch(() => {});
      client.destroy();
    },
  };
}
