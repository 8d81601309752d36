import type { ByteRange } from '../../image/index.ts';
import type { BlockSink, ServerCopy } from '../data-port.ts';
import type { DestinationRef } from '../port.ts';
import { blockSizeOf } from './block-plan.ts';
import type { Bucket } from './bucket.ts';
import { copyPart } from './copy-part.ts';
import { onS3 } from './errors.ts';
import { claimJobObject, lastOwnJobObject, ownJobObject } from './job-object.ts';
import { OwnUpload } from './own-upload.ts';
import { sequentialReader } from './read-object.ts';
import { haveSameChecksum, refusalOf } from './server-copy.ts';
import { putPart } from './upload.ts';

/**
 * Takes the image for an attempt, and opens its multipart upload as a sink. S3 itself reports what the upload
 * has received. Throws the errors of `claimJobObject`.
 */
export async function openUpload(
  store: Bucket,
  ref: DestinationRef,
  attempt: number,
  size: number,
): Promise<BlockSink> {
  // Each answer may take long. So the look at the upload is under way while the attempt takes the image.
  const last = lastOwnJobObject(store, ref) ?? (await ownJobObject(store, ref));
  const looking = new OwnUpload(store, ref, last, size).look();
  // If the image cannot be taken, nothing awaits `looking`. Then its error must not end the process.
  looking.catch(() => {});
  const claimed = await claimJobObject(store, ref, attempt);
  const upload = new OwnUpload(store, ref, claimed, size);
  const data = sequentialReader(store, upload.key);
  const early = claimed.upload_id === last.upload_id ? await looking : undefined;
  let isWhole = await upload.resume(early);
  const put = async (number: number, block: Uint8Array, signal: AbortSignal, onMoved?: () => void) => {
    const part = putPart(store, upload.target, number, block, signal, onMoved);
    upload.noteParts([await upload.unlessGone(part, signal)]);
  };
  return {
    kind: 'blocks',
    endpoint: store.endpoint,
    roundTrip: store.roundTrip(),
    blockSize: blockSizeOf(size),
    byServer: serverCopy(store, upload, size),
    received: isWhole ? [[0, size]] : upload.received,
    put: (range, block, signal, onMoved) =>
      onS3(() => put(numberOf(range, size), block, signal, onMoved), signal),
    flush: (signal) =>
      onS3(async () => {
        if (isWhole) return;
        await upload.assertOurs();
        if (size === 0) await put(1, new Uint8Array(), signal);
        signal.throwIfAborted();
        await upload.complete();
        isWhole = true;
      }, signal),
    readBack: (offset, into, signal) => onS3(() => data.read(offset, into, signal), signal),
    reset: () =>
      onS3(async () => {
        data.close();
        // An attempt that was overtaken MUST NOT remove the data. For such an attempt, `startOver` throws.
        await upload.startOver('worker');
        await upload.removeData();
        isWhole = false;
      }),
    async close() {
      data.close();
    },
  };
}

/** Returns the `ServerCopy` that fills an upload. */
function serverCopy(store: Bucket, upload: OwnUpload, size: number): ServerCopy {
  return {
    service: store.service,
    hasBegun: upload.filledBy === 'server',
    begin: () =>
      onS3(async () => {
        if (upload.filledBy !== 'server') await upload.startOver('server');
      }),
    copy: (range, from, signal) =>
      onS3(async () => {
        const number = numberOf(range, size);
        const part = copyPart(store, upload.target, number, from, range, signal).catch((error) => {
          const refusal = signal.aborted ? null : refusalOf(error);
          if (refusal === null) throw error;
          return refusal;
        });
        const copied = await upload.unlessGone(part, signal);
        if (typeof copied === 'string') return copied;
        upload.noteParts([copied]);
        return null;
      }, signal),
    isSame: (from) => onS3(() => haveSameChecksum(store, upload.key, from)),
  };
}

/** Returns the number of the part that takes a block. */
function numberOf([start]: ByteRange, size: number): number {
  return start / blockSizeOf(size) + 1;
}
