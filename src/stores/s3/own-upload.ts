import { S3ServiceException } from '@aws-sdk/client-s3';
import type { ByteRange } from '../../image/index.ts';
import type { DestinationRef } from '../port.ts';
import { overtakenError } from '../refusals.ts';
import { StoreError } from '../store-error.ts';
import { rangesOf, withoutTornParts } from './block-plan.ts';
import type { Bucket } from './bucket.ts';
import { isAbsent, isS3Error } from './errors.ts';
import type { JobObject } from './job-content.ts';
import { ownJobObject, readJobObject, replaceJobObject } from './job-object.ts';
import { headOf, type ObjectHead } from './read-object.ts';
import { removeExactly, removeWhere } from './remove-object.ts';
import { mayBelongTo } from './stamp.ts';
import {
  abortUpload,
  canComplete,
  completeUpload,
  createUpload,
  type FilledBy,
  listParts,
  type MultipartUpload,
  type UploadedPart,
} from './upload.ts';

/** All that a server has of an image in the making. */
interface Found {
  readonly record: ObjectHead | undefined;
  /** `true` if the upload is complete: the data is there, whole and made for this reservation. */
  readonly isComplete: boolean;
  /** The parts of the upload; `undefined` if the upload is gone. */
  readonly parts: UploadedPart[] | undefined;
}

/** The multipart upload of an image's data, as one attempt uses it. The job object names it. */
export class OwnUpload {
  readonly key: string;
  readonly #store: Bucket;
  readonly #ref: DestinationRef;
  readonly #size: number;
  readonly #parts = new Map<number, UploadedPart>();
  #job: JobObject;

  constructor(store: Bucket, ref: DestinationRef, job: JobObject, size: number) {
    this.key = store.keys.data(ref.image_id);
    this.#store = store;
    this.#ref = ref;
    this.#size = size;
    this.#job = job;
  }

  get filledBy(): FilledBy {
    return this.#job.by_server ? 'server' : 'worker';
  }

  get target(): MultipartUpload {
    return { Key: this.key, UploadId: this.#job.upload_id };
  }

  /** The sorted, disjoint ranges that the parts cover. */
  get received(): readonly ByteRange[] {
    return rangesOf([...this.#parts.values()], this.#size);
  }

  noteParts(parts: Iterable<UploadedPart>): void {
    for (const part of parts) this.#parts.set(part.PartNumber, part);
  }

  /** Asks the server what it has of the image. */
  async look(): Promise<Found> {
    const [record, isComplete, parts] = await Promise.all([
      this.#record(),
      this.#isComplete(),
      listParts(this.#store, this.target),
    ]);
    return { record, isComplete, parts };
  }

  /**
   * Goes on with the upload as the server has it. Returns `true` if the upload is complete already. Throws
   * `conflict` if the image is committed.
   * @param early the result of `look` from before this attempt took the image. If it shows a record,
   * complete data or no upload, `resume` looks again, because an earlier attempt may have changed that since
   */
  async resume(early?: Found): Promise<boolean> {
    const hadJustParts = early?.parts !== undefined && early.record === undefined && !early.isComplete;
    const { record, isComplete, parts } = hadJustParts ? early : await this.look();
    await this.#assertInTheMaking(record);
    if (isComplete) return true;
    // A lifecycle rule of the bucket may have aborted the upload.
    if (parts === undefined) await this.#start('worker');
    else if (this.filledBy === 'server' || (await canComplete(this.#store, this.key, parts)))
      this.noteParts(withoutTornParts(parts, this.#size));
    else await this.startOver('worker');
    return false;
  }

  /** Begins a new upload without any part, in the place of this one. */
  async startOver(filledBy: FilledBy): Promise<void> {
    const before = this.target;
    await this.#start(filledBy);
    await abortUpload(this.#store, before);
    this.#parts.clear();
  }

  /**
   * Completes the upload. If a delayed request of an earlier reservation has put data at the key, removes
   * that data first.
   */
  async complete(): Promise<void> {
    const complete = () =>
      completeUpload(this.#store, this.target, this.#parts.values(), { IfNoneMatch: '*' });
    await complete().catch(async (error) => {
      const isInTheWay = isS3Error(error, 'PreconditionFailed');
      // The answer to an earlier try may have been lost.
      if ((isInTheWay || isAbsent(error)) && (await this.#isComplete())) return;
      if (!isInTheWay) throw await this.#errorFor(error);
      await this.removeData();
      await complete();
    });
  }

  /** Removes the data, unless the job object has changed since this attempt last read or wrote it. */
  async removeData(): Promise<void> {
    const isOurs = async () =>
      (await readJobObject(this.#store, this.#ref.image_id))?.etag === this.#job.etag;
    await removeWhere(this.#store, this.key, isOurs);
  }

  /**
   * Throws `not_found` if this job no longer makes the image, and `conflict` if a later attempt has it or the
   * image is committed.
   */
  async assertOurs(): Promise<void> {
    const [{ attempt }, record] = await Promise.all([ownJobObject(this.#store, this.#ref), this.#record()]);
    if (attempt !== this.#job.attempt) throw overtakenError();
    await this.#assertInTheMaking(record);
  }

  /** Waits for a call about the upload. If it fails, throws the signal's reason or what `#errorFor` finds. */
  async unlessGone<T>(call: Promise<T>, signal: AbortSignal): Promise<T> {
    return call.catch(async (error) => {
      throw signal.aborted ? signal.reason : await this.#errorFor(error);
    });
  }

  /**
   * Returns the error for a failed call about the upload: the call's own, or `lost` if the upload is gone.
   * Throws `not_found` if the image was discarded, and `conflict` if the image was taken over or committed.
   */
  async #errorFor(error: unknown): Promise<unknown> {
    if (error instanceof S3ServiceException && !isAbsent(error)) return error;
    await this.assertOurs();
    // A server may refuse a part by hanging up while the part is being sent. The list of parts shows whether
    // the upload is gone.
    const isGone = isAbsent(error) || (await listParts(this.#store, this.target)) === undefined;
    return isGone ? new StoreError('lost', 'the upload is gone; starting over', { cause: error }) : error;
  }

  /** Begins a new upload, and notes it in the job object. Throws if another call has changed that object. */
  async #start(filledBy: FilledBy): Promise<void> {
    await this.assertOurs();
    const next = await createUpload(this.#store, this.key, this.#job, filledBy);
    const by_server = filledBy === 'server' ? true : undefined;
    const noted = { upload_id: next.UploadId, by_server } as const;
    const replaced = await replaceJobObject(this.#store, this.#ref, this.#job, noted);
    if (replaced !== undefined) {
      this.#job = replaced;
      return;
    }
    await abortUpload(this.#store, next);
    await this.assertOurs();
    throw overtakenError();
  }

  async #isComplete(): Promise<boolean> {
    const found = await headOf(this.#store, this.key);
    return found?.size === this.#size && mayBelongTo(found.stamp, this.#job);
  }

  #record(): Promise<ObjectHead | undefined> {
    return headOf(this.#store, this.#store.keys.record(this.#ref.image_id));
  }

  /**
   * Throws `conflict` if the image is committed. Removes a record that a delayed request of an earlier
   * reservation has written.
   */
  async #assertInTheMaking(record: ObjectHead | undefined): Promise<void> {
    if (record === undefined) return;
    if (mayBelongTo(record.stamp, this.#job)) {
      throw new StoreError('conflict', `image ${this.#ref.image_id} is whole already`);
    }
    await removeExactly(this.#store, this.#store.keys.record(this.#ref.image_id), record.etag);
  }
}
