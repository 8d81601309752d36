import { S3ServiceException } from '@aws-sdk/client-s3';
import type { BlockSink } from '../data-port.ts';
import type { DestinationRef } from '../port.ts';
import { overtaken } from '../refusals.ts';
import { StoreError } from '../store-error.ts';
import { blockSizeOf, rangesOf, wholeBlocks } from './block-plan.ts';
import type { Bucket } from './bucket.ts';
import { isAbsent, isS3Error, onS3 } from './errors.ts';
import { type JobObject, ownJobObject, readJobObject, replaceJobObject } from './job-object.ts';
import { frontToBack, headOf } from './read-object.ts';
import { removeExactly, removeWhere } from './remove-object.ts';
import { copyPart, haveSameChecksum, refusalOf } from './server-copy.ts';
import { isOf } from './stamp.ts';
import { abortUpload, completeUpload, createUpload, listParts, type Part, putPart } from './upload.ts';

/**
 * Throws `conflict` if the image is committed. Removes a record of another reservation that has come late.
 */
async function assertInTheMaking(store: Bucket, { image_id }: DestinationRef, job: JobObject): Promise<void> {
  const key = store.keys.record(image_id);
  const record = await headOf(store, key);
  if (record === undefined) return;
  if (isOf(record.stamp, job)) throw new StoreError('conflict', `image ${image_id} is whole already`);
  await removeExactly(store, key, record.etag);
}

/** Opens a job's multipart upload as a sink. S3 itself tells what the upload has received. */
export async function openUpload(
  store: Bucket,
  ref: DestinationRef,
  claimed: JobObject,
  size: number,
): Promise<BlockSink> {
  await assertInTheMaking(store, ref, claimed);
  const Key = store.keys.data(ref.image_id);
  const parts = new Map<number, Part>();
  const data = frontToBack(store, Key);
  let job = claimed;
  const upload = () => ({ Key, UploadId: job.upload_id });
  const isThere = async () => {
    const found = await headOf(store, Key);
    return found?.size === size && isOf(found.stamp, job);
  };

  let isWhole = await isThere();
  if (!isWhole) {
    const there = await listParts(store, upload());
    // Buckets may have a rule that aborts uploads which have been open for long.
    if (there === undefined) await startUpload();
    for (const part of wholeBlocks(there ?? [], size)) parts.set(part.PartNumber, part);
  }

  return {
    kind: 'blocks',
    endpoint: store.endpoint,
    blockSize: blockSizeOf(size),
    byServer: {
      service: store.service,
      hasBegun: job.by_server === true,
      begin: () =>
        onS3(async () => {
          if (job.by_server) return;
          const before = upload();
          await startUpload(true);
          await abortUpload(store, before);
          parts.clear();
        }),
      copy: (range, from, signal) =>
        onS3(async () => {
          const number = range[0] / blockSizeOf(size) + 1;
          const copied = await copyPart(store, upload(), number, from, range, signal).catch(async (error) => {
            const refusal = signal.aborted ? null : refusalOf(error);
            if (refusal === null) throw signal.aborted ? signal.reason : await gone(error);
            return refusal;
          });
          if (typeof copied === 'string') return copied;
          parts.set(number, copied);
          return null;
        }, signal),
      isSame: (from) => onS3(() => haveSameChecksum(store, Key, from)),
    },
    received: isWhole ? [[0, size]] : rangesOf([...parts.values()], size),
    put: (range, block, signal) =>
      onS3(async () => {
        const number = range[0] / blockSizeOf(size) + 1;
        parts.set(number, await unlessGone(putPart(store, upload(), number, block, signal), signal));
      }, signal),
    flush: (signal) =>
      onS3(async () => {
        if (isWhole) return;
        await assertOurs();
        if (size === 0)
          parts.set(1, await unlessGone(putPart(store, upload(), 1, new Uint8Array(), signal), signal));
        signal.throwIfAborted();
        await complete();
        isWhole = true;
      }, signal),
    readBack: (offset, into, signal) => onS3(() => data.read(offset, into, signal), signal),
    reset: () =>
      onS3(async () => {
        data.close();
        const before = upload();
        // Only the attempt for which the new upload is noted may remove: one that was overtaken meanwhile is
        // refused here.
        await startUpload();
        await abortUpload(store, before);
        await removeWhere(store, Key, isOurs);
        parts.clear();
        isWhole = false;
      }),
    async close() {
      data.close();
    },
  };

  /**
   * Puts the parts together. A completion that an earlier job has asked for may come late, and its data must
   * not be taken for this one's.
   */
  async function complete(): Promise<void> {
    const putTogether = () => completeUpload(store, upload(), parts.values(), { IfNoneMatch: '*' });
    await putTogether().catch(async (error) => {
      const isInTheWay = isS3Error(error, 'PreconditionFailed');
      // The answer to an earlier try may have been lost.
      if ((isInTheWay || isAbsent(error)) && (await isThere())) return;
      if (!isInTheWay) throw await gone(error);
      await removeWhere(store, Key, isOurs);
      await putTogether();
    });
  }

  /**
   * Begins a new upload, and notes it in the job object. An upload that the job object does not name would
   * take data for which nobody looks.
   */
  async function startUpload(byServer = false): Promise<void> {
    await assertOurs();
    const next = await createUpload(store, Key, job, byServer);
    const noted = { upload_id: next.UploadId, by_server: byServer || undefined } as const;
    const replaced = await replaceJobObject(store, ref, job, noted);
    if (replaced !== undefined) {
      job = replaced;
      return;
    }
    await abortUpload(store, next);
    await assertOurs();
    throw overtaken();
  }

  async function isOurs(): Promise<boolean> {
    return (await readJobObject(store, ref.image_id))?.etag === job.etag;
  }

  async function assertOurs(): Promise<void> {
    const { attempt } = await ownJobObject(store, ref);
    if (attempt !== job.attempt) throw overtaken();
    await assertInTheMaking(store, ref, job);
  }

  async function unlessGone<T>(call: Promise<T>, signal: AbortSignal): Promise<T> {
    return call.catch(async (error) => {
      throw signal.aborted ? signal.reason : await gone(error);
    });
  }

  /**
   * Returns or throws the error for a call about an upload that has failed. If the upload is gone, it was
   * discarded, or taken over, or is lost. A server that refuses a part may hang up while the part is still
   * sent, so that its answer is never heard: then it is asked.
   */
  async function gone(error: unknown): Promise<unknown> {
    if (error instanceof S3ServiceException && !isAbsent(error)) return error;
    await assertOurs();
    if (!isAbsent(error) && (await listParts(store, upload())) !== undefined) return error;
    return new StoreError('lost', 'the upload is gone; starting over', { cause: error });
  }
}
