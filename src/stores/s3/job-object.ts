import { randomUUID } from 'node:crypto';
import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import Type, { type Static } from 'typebox';
import Value from 'typebox/value';
import type { DestinationRef } from '../port.ts';
import { goneError, overtakenError } from '../refusals.ts';
import type { Bucket } from './bucket.ts';
import { isAbsent, isS3Error } from './errors.ts';

const Content = Type.Object({
  mark: Type.String(),
  /** Id of the multipart upload that takes the data. */
  upload_id: Type.String(),
  /** Present if the server copies the parts of the upload. */
  by_server: Type.Optional(Type.Literal(true)),
  /** The number of the highest attempt that has taken the image. Lower ones can change nothing any more. */
  attempt: Type.Integer(),
  /** The number of the attempt that has reserved the image id. Workers of an earlier version noted none. */
  reserved: Type.Optional(Type.Integer()),
  /**
   * Present if the image is being removed: nobody may use it any more, and any attempt that is not lower may
   * finish the removal.
   */
  doomed: Type.Optional(Type.Literal(true)),
  /**
   * Names the call that removes the image. Another call that goes on with the removal puts its own name here.
   */
  removal: Type.Optional(Type.String()),
});

type Content = Static<typeof Content>;

/**
 * The object `<image id>/job`, which says which job makes an image, and how far the job is. Every change of
 * it is a conditional write: if two attempts change it at once, one is refused. So it is the fence for
 * everything that belongs to the image.
 */
export interface JobObject extends Content {
  /** Version of the job object, for a conditional write. */
  readonly etag: string;
}

/** Reserves the image id, if it is free. Returns whether this attempt has it now. */
export async function createJobObject(
  store: Bucket,
  ref: DestinationRef,
  attempt: number,
  uploadId: string,
): Promise<boolean> {
  const content = { mark: ref.mark, upload_id: uploadId, attempt, reserved: attempt };
  return (await put(store, ref, content, { IfNoneMatch: '*' })) !== undefined;
}

/**
 * Changes the job object, and returns the new one. Returns `undefined` if somebody has changed it since it
 * was read.
 */
export async function replaceJobObject(
  store: Bucket,
  ref: DestinationRef,
  { etag, ...job }: JobObject,
  changes: { readonly [Key in keyof Content]?: Content[Key] | undefined },
): Promise<JobObject | undefined> {
  return put(store, ref, { ...job, ...changes } as Content, { IfMatch: etag });
}

async function put(
  store: Bucket,
  { image_id }: DestinationRef,
  content: Content,
  condition: { IfMatch: string } | { IfNoneMatch: string },
): Promise<JobObject | undefined> {
  const { client, bucket, keys } = store;
  try {
    const object = { Bucket: bucket, Key: keys.job(image_id), Body: JSON.stringify(content), ...condition };
    const { ETag } = await client.send(new PutObjectCommand(object));
    return { ...content, etag: ETag ?? '' };
  } catch (error) {
    const isRefused = ['PreconditionFailed', 'ConditionalRequestConflict'].some((name) =>
      isS3Error(error, name),
    );
    if (!isRefused && !isAbsent(error)) throw error;
    // The answer to an earlier try may have been lost. Then the job object has this content already.
    const found = await readJobObject(store, image_id);
    return found !== undefined && isSame(found, content) ? found : undefined;
  }
}

function isSame(one: Content, other: Content): boolean {
  const keys = ['mark', 'upload_id', 'by_server', 'attempt', 'reserved', 'doomed', 'removal'] as const;
  return keys.every((key) => one[key] === other[key]);
}

/**
 * Reads the job object of an image id, whichever job it belongs to. Returns `undefined` if the id is free.
 */
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

/** Parses a job object. If it is something else, the id counts as taken, but by no job. */
function contentFrom(text: string): Content {
  try {
    return Value.Parse(Content, JSON.parse(text));
  } catch {
    return { mark: '', upload_id: '', attempt: 0 };
  }
}

/** Reads this job's job object. Throws `not_found` if the image is no longer being made by this job. */
export async function ownJobObject(store: Bucket, ref: DestinationRef): Promise<JobObject> {
  const job = await readJobObject(store, ref.image_id);
  if (job?.mark === ref.mark && !job.doomed) return job;
  throw goneError(ref);
}

/**
 * Takes the image for an attempt. Throws `conflict` if a higher one has it, `not_found` if it is gone or
 * being removed.
 */
export async function claimJobObject(
  store: Bucket,
  ref: DestinationRef,
  attempt: number,
): Promise<JobObject> {
  for (;;) {
    const job = await ownJobObject(store, ref);
    if (job.attempt === attempt) return job;
    if (job.attempt > attempt) throw overtakenError();
    const claimed = await replaceJobObject(store, ref, job, { attempt });
    if (claimed !== undefined) return claimed;
  }
}

/** The job object of an image that this call is removing. */
export interface DoomedObject extends JobObject {
  /**
   * `true` if this call has taken the removal over from another one. The other call notices that when it next
   * reads the job object. Requests that it has sent before may still arrive, until they expire.
   */
  readonly isTakenOver: boolean;
}

/**
 * Dooms an image, so that it can only be removed, and makes this call the one that removes it. Returns
 * `undefined` if the image is not this job's.
 * @param upTo the highest attempt that may be overridden; throws `conflict` if a higher one has taken the
 * image
 */
export async function doomJobObject(
  store: Bucket,
  ref: DestinationRef,
  attempt: number,
  upTo = attempt,
): Promise<DoomedObject | undefined> {
  const removal = randomUUID();
  for (;;) {
    const job = await readJobObject(store, ref.image_id);
    if (job?.mark !== ref.mark) return undefined;
    // A removal that has begun may be continued by the attempt that began it, and by a later one.
    if (job.attempt > (job.doomed ? attempt : upTo)) throw overtakenError();
    const doomed = await replaceJobObject(store, ref, job, { attempt, doomed: true, removal });
    if (doomed !== undefined) return { ...doomed, isTakenOver: job.doomed === true };
  }
}
