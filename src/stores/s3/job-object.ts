import { DeleteObjectCommand, GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import Type, { type Static } from 'typebox';
import Value from 'typebox/value';
import type { DestinationRef } from '../port.ts';
import { StoreError } from '../store-error.ts';
import type { Bucket } from './bucket.ts';
import { isAbsent, isS3Error } from './errors.ts';

const Content = Type.Object({
  mark: Type.String(),
  /** The multipart upload that takes the data. */
  upload_id: Type.String(),
  /** The highest that has opened it: lower ones put nothing together any more. */
  attempt: Type.Integer(),
});

/** Which job makes an image, and how far it is: `<image id>/job`. */
export interface JobObject extends Static<typeof Content> {
  /** Its version, for a conditional write. */
  readonly etag: string;
}

/** Reserves the id: of the jobs that try at once one gets it. Returns whether it was this one. */
export async function createJobObject(
  store: Bucket,
  ref: DestinationRef,
  uploadId: string,
): Promise<boolean> {
  const content = { mark: ref.mark, upload_id: uploadId, attempt: 0 };
  return (await put(store, ref, content, { IfNoneMatch: '*' })) !== undefined;
}

/** Writes another content where nobody else has done so meanwhile; else `undefined`. */
export async function replaceJobObject(
  store: Bucket,
  ref: DestinationRef,
  { mark, upload_id, attempt, etag }: JobObject,
): Promise<JobObject | undefined> {
  return put(store, ref, { mark, upload_id, attempt }, { IfMatch: etag });
}

async function put(
  store: Bucket,
  { image_id }: DestinationRef,
  content: Static<typeof Content>,
  condition: { IfMatch: string } | { IfNoneMatch: string },
): Promise<JobObject | undefined> {
  const { client, bucket, keys } = store;
  try {
    const object = { Bucket: bucket, Key: keys.job(image_id), Body: JSON.stringify(content), ...condition };
    const { ETag } = await client.send(new PutObjectCommand(object));
    return { ...content, etag: ETag ?? '' };
  } catch (error) {
    const lost = ['PreconditionFailed', 'ConditionalRequestConflict'].some((name) => isS3Error(error, name));
    if (!lost && !isAbsent(error)) throw error;
    // The answer to an earlier try may have been lost: then what stands in the way is this very content.
    const there = await readJobObject(store, image_id);
    return there !== undefined && isSame(there, content) ? there : undefined;
  }
}

function isSame(one: Static<typeof Content>, other: Static<typeof Content>): boolean {
  return one.mark === other.mark && one.upload_id === other.upload_id && one.attempt === other.attempt;
}

/** What is there of any job; `undefined` where the id is free. */
export async function readJobObject(
  { client, bucket, keys }: Bucket,
  imageId: string,
): Promise<JobObject | undefined> {
  try {
    const get = new GetObjectCommand({ Bucket: bucket, Key: keys.job(imageId) });
    const { Body, ETag = '' } = await client.send(get);
    return { ...contentFrom((await Body?.transformToString()) ?? ''), etag: ETag };
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

/** What is no JSON of ours is nobody's job, but takes the id all the same. */
function contentFrom(text: string): Static<typeof Content> {
  try {
    return Value.Parse(Content, JSON.parse(text));
  } catch {
    return { mark: '', upload_id: '', attempt: 0 };
  }
}

/** This job's; throws `not_found` where the image is no longer being made by it. */
export async function ownJobObject(store: Bucket, ref: DestinationRef): Promise<JobObject> {
  const job = await readJobObject(store, ref.image_id);
  if (job?.mark === ref.mark) return job;
  throw new StoreError('not_found', `image ${ref.image_id} is no longer being made by this job`);
}

/** Notes that this attempt has it now. Throws `conflict` where a higher one has. */
export async function claimJobObject(
  store: Bucket,
  ref: DestinationRef,
  attempt: number,
): Promise<JobObject> {
  for (;;) {
    const job = await ownJobObject(store, ref);
    if (job.attempt === attempt) return job;
    if (job.attempt > attempt) throw overtaken(ref);
    const claimed = await replaceJobObject(store, ref, { ...job, attempt });
    if (claimed !== undefined) return claimed;
  }
}

export function overtaken({ image_id }: DestinationRef): StoreError {
  return new StoreError('conflict', `a later attempt is making image ${image_id}`);
}

export async function removeJobObject({ client, bucket, keys }: Bucket, imageId: string): Promise<void> {
  await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: keys.job(imageId) }));
}
