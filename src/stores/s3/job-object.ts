import { randomUUID } from 'node:crypto';
import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import Type, { type Static } from 'typebox';
import Value from 'typebox/value';
import type { DestinationRef } from '../port.ts';
import { goneFor, overtaken } from '../refusals.ts';
import type { Bucket } from './bucket.ts';
import { isAbsent, isS3Error } from './errors.ts';

const Content = Type.Object({
  mark: Type.String(),
  /** Id of the multipart upload that takes the data. */
  upload_id: Type.String(),
  /** Present if the parts of the upload are those that the server copies. */
  by_server: Type.Optional(Type.Literal(true)),
  /** The highest attempt that has taken the image. Lower ones change nothing any more. */
  attempt: Type.Integer(),
  /** The attempt that has reserved the place. Workers of an earlier version noted none. */
  reserved: Type.Optional(Type.Integer()),
  /**
   * Present if the image is being removed: nobody may use it any more, and anybody may finish the removal.
   */
  doomed: Type.Optional(Type.Literal(true)),
  /**
   * Names the call that removes the image. Another call that goes on with the removal puts its own name here.
   */
  removal: Type.Optional(Type.String()),
});

type Content = Static<typeof Content>;

/**
 * The object `<image id>/job`, which tells which job makes an image, and how far it is. Every change of it is
 * a conditional write, so that it is the fence of all that belongs to the image: of two attempts that change
 * it at once, one is refused.
 */
export interface JobObject extends Content {
  /** Version of the job object, for a conditional write. */
  readonly etag: string;
}

/** Reserves the id. Of the jobs that try at once, one gets it. Returns whether it was this attempt. */
export async function createJobObject(
  store: Bucket,
  ref: DestinationRef,
  attempt: number,
  uploadId: string,
): Promise<boolean> {
  const content = { mark: ref.mark, upload_id: uploadId, attempt, reserved: attempt };
  return (await put(store, ref, content, { IfNoneMatch: '*' })) !== undefined;
}

/** Writes changes, unless somebody else has written since: then returns `undefined`. */
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
    const lost = ['PreconditionFailed', 'ConditionalRequestConflict'].some((name) => isS3Error(error, name));
    if (!lost && !isAbsent(error)) throw error;
    // The answer to an earlier try may have been lost: then this very content is in the way.
    const there = await readJobObject(store, image_id);
    return there !== undefined && isSame(there, content) ? there : undefined;
  }
}

function isSame(one: Content, other: Content): boolean {
  const keys = ['mark', 'upload_id', 'by_server', 'attempt', 'reserved', 'doomed', 'removal'] as const;
  return keys.every((key) => one[key] === other[key]);
}

/** Reads the job object of an image id, whichever job's it is. Returns `undefined` if the id is free. */
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

/** Parses a job object. One that is not ours belongs to no job, but still takes the id. */
function contentFrom(text: string): Content {
  try {
    return Value.Parse(Content, JSON.parse(text));
  } catch {
    return { mark: '', upload_id: '', attempt: 0 };
  }
}

/**
 * Reads the job object, if it is this job's. Throws `not_found` if the image is no longer being made by it.
 */
export async function ownJobObject(store: Bucket, ref: DestinationRef): Promise<JobObject> {
  const job = await readJobObject(store, ref.image_id);
  if (job?.mark === ref.mark && !job.doomed) return job;
  throw goneFor(ref);
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
    if (job.attempt > attempt) throw overtaken();
    const claimed = await replaceJobObject(store, ref, job, { attempt });
    if (claimed !== undefined) return claimed;
  }
}

/** The job object of an image that one call removes. */
export interface DoomedObject extends JobObject {
  /**
   * True if another call has begun the removal. That call sees that it has lost it when it looks at the job
   * object again. Requests that it has sent before may still arrive, until they expire.
   */
  readonly isTakenOver: boolean;
}

/**
 * Gives all that belongs to an image over to removal by this call, for good. Returns `undefined` if this job
 * has nothing there.
 * @param upTo the highest attempt from which it may be taken; `conflict` if a higher one has it
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
    if (job.attempt > (job.doomed ? attempt : upTo)) throw overtaken();
    const doomed = await replaceJobObject(store, ref, job, { attempt, doomed: true, removal });
    if (doomed !== undefined) return { ...doomed, isTakenOver: job.doomed === true };
  }
}
