import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { readBounded } from '../bounded.ts';
import type { DestinationRef } from '../port.ts';
import { goneError, overtakenError } from '../refusals.ts';
import type { Bucket } from './bucket.ts';
import { isAbsent, isConditionRefused } from './errors.ts';
import { type Content, contentFrom, type JobObject } from './job-content.ts';

/** Maximum length of a job object; bytes. Whoever may write into the bucket can put a larger one there. */
const MAX_SIZE = 64 * 1024;

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
 * Reserves the image id for the removal of an object at one of its keys. Returns the job object; `undefined`
 * if the id is not free.
 */
export async function createDoomedObject(
  store: Bucket,
  { image_id, mark }: DestinationRef,
  uploadId: string,
): Promise<JobObject | undefined> {
  const fence = { attempt: 0, reserved: 0, doomed: true, removal: randomUUID() } as const;
  return put(store, { image_id }, { mark, upload_id: uploadId, ...fence }, { IfNoneMatch: '*' });
}

/** Changes a job object, and returns it. Returns `undefined` if somebody else has changed it meanwhile. */
export async function replaceJobObject(
  store: Bucket,
  ref: DestinationRef,
  { etag, ...job }: JobObject,
  changes: { readonly [Key in keyof Content]?: Content[Key] | undefined },
): Promise<JobObject | undefined> {
  // JSON leaves out a key whose value is `undefined`, so such a change removes the key.
  return put(store, ref, { ...job, ...changes } as Content, { IfMatch: etag });
}

async function put(
  store: Bucket,
  { image_id }: Pick<DestinationRef, 'image_id'>,
  content: Content,
  condition: { IfMatch: string } | { IfNoneMatch: string },
): Promise<JobObject | undefined> {
  const { client, bucket, keys } = store;
  try {
    const object = { Bucket: bucket, Key: keys.job(image_id), Body: JSON.stringify(content), ...condition };
    const { ETag } = await client.send(new PutObjectCommand(object));
    const job = { ...content, etag: ETag ?? '' };
    store.jobObjects.set(object.Key, job);
    return job;
  } catch (error) {
    if (!isConditionRefused(error) && !isAbsent(error)) throw error;
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
 * Reads the job object of an image id. It may be another job's, or nobody's: an object that no job can have
 * made has an empty mark. Returns `undefined` if the id is free.
 */
export async function readJobObject(
  { client, bucket, keys, jobObjects }: Bucket,
  imageId: string,
): Promise<JobObject | undefined> {
  const Key = keys.job(imageId);
  try {
    const { Body, ETag = '' } = await client.send(new GetObjectCommand({ Bucket: bucket, Key }));
    const bytes = Body instanceof Readable ? await readBounded(Body, MAX_SIZE) : undefined;
    const content = contentFrom(bytes?.toString() ?? '');
    const job = { ...content, etag: ETag };
    jobObjects.set(Key, job);
    return job;
  } catch (error) {
    if (!isAbsent(error)) throw error;
    jobObjects.delete(Key);
    return undefined;
  }
}

/** Reads this job's job object. Throws `not_found` if this job no longer makes the image. */
export async function ownJobObject(store: Bucket, ref: DestinationRef): Promise<JobObject> {
  const job = await readJobObject(store, ref.image_id);
  if (job?.mark === ref.mark && !job.doomed) return job;
  throw goneError(ref);
}

/**
 * Returns the job object as this process has last seen it. Returns `undefined` if the process remembers none,
 * or if the job object was doomed or belonged to another job.
 */
export function lastOwnJobObject(
  { keys, jobObjects }: Bucket,
  { image_id, mark }: DestinationRef,
): JobObject | undefined {
  const last = jobObjects.get(keys.job(image_id));
  return last?.mark === mark && !last.doomed ? last : undefined;
}

/**
 * Takes the image for an attempt. Throws `conflict` if a higher attempt has it, `not_found` if the image is
 * gone or being removed.
 */
export async function claimJobObject(
  store: Bucket,
  ref: DestinationRef,
  attempt: number,
): Promise<JobObject> {
  const last = lastOwnJobObject(store, ref);
  if (last !== undefined && last.attempt < attempt) {
    // The server refuses this write if the job object has changed since it was last seen.
    const claimed = await replaceJobObject(store, ref, last, { attempt });
    if (claimed !== undefined) return claimed;
  }
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
   * `true` if another call had begun the removal. That call stops when it next reads the job object. Its
   * signed requests may still arrive until they expire.
   */
  readonly isTakenOver: boolean;
}

/**
 * Dooms an image: from now on, it can only be removed. Only this call may remove it, until another call takes
 * the removal over. Returns `undefined` if the image is not this job's. Throws `conflict` if an attempt
 * higher than `upTo` has taken it.
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
    // The attempt that has begun a removal may go on with it, and so may a later attempt.
    if (job.attempt > (job.doomed ? attempt : upTo)) throw overtakenError();
    const doomed = await replaceJobObject(store, ref, job, { attempt, doomed: true, removal });
    if (doomed !== undefined) return { ...doomed, isTakenOver: job.doomed === true };
  }
}
