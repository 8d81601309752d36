import { compareDigests } from '../../image/index.ts';
import { pause } from '../../wait/index.ts';
import type { StreamSink } from '../data-port.ts';
import type { DestinationRef } from '../port.ts';
import { goneError } from '../refusals.ts';
import { StoreError } from '../store-error.ts';
import { refusal } from './answers.ts';
import type { As, GlanceApi } from './api.ts';
import { type GlanceImage, glanceDigests, JOB_PROPERTY } from './image-json.ts';

/** An image that a job is making in a Glance, and the project in which it is made. */
export interface MarkedImage {
  readonly api: GlanceApi;
  readonly as: As;
  readonly ref: DestinationRef;
}

/** How data is uploaded to a Glance. */
export interface GlanceUploadOptions {
  /** Glance's name of the backend for the data; `null` for its default. */
  readonly imageStore: string | null;
  /** Milliseconds after which an image that is still `saving` counts as spoilt. */
  readonly savingTimeout: number;
}

/** Milliseconds from one look at an image's status to the next. */
const POLL_INTERVAL = 500;

/**
 * Returns the image that a job is making. Throws `not_found` if it is gone, or no longer bears the job's
 * mark.
 */
export async function showMarked({ api, as, ref }: MarkedImage): Promise<GlanceImage> {
  const image = await api.show(as, ref.image_id);
  if (image[JOB_PROPERTY] === ref.mark) return image;
  throw goneError(ref);
}

/** Opens the image for one upload. */
export async function openSink(
  made: MarkedImage,
  size: number,
  { imageStore, savingTimeout }: GlanceUploadOptions,
): Promise<StreamSink> {
  const image = await showMarked(made);
  return {
    kind: 'stream',
    whole: image.status === 'active' ? await ownData(made, image, size) : null,
    async upload(chunks, signal) {
      await untilQueued(made, savingTimeout, signal);
      try {
        await put(made, { size, imageStore, chunks, signal });
      } catch (error) {
        signal.throwIfAborted();
        // A broken connection gives no reason. If the image is gone, that is the reason.
        await showMarked(made);
        throw error;
      }
    },
    async close() {},
  };
}

/**
 * Returns the digests of an active image's data. An earlier attempt of this job may have uploaded the data,
 * and lost the answer.
 * @throws StoreError `conflict` if the data is somebody else's. Then the image loses its mark, and is left
 * alone
 * @throws StoreError `spoilt` if there is no digest that tells whose data it is
 */
async function ownData(made: MarkedImage, image: GlanceImage, size: number) {
  const { ref } = made;
  const found = glanceDigests(image);
  const verdict = image.size === size ? compareDigests(ref.digests, found) : 'different';
  if (verdict === 'none')
    throw new StoreError(
      'spoilt',
      'the image already has data, and no digest tells whether this job has written it',
    );
  if (verdict !== 'different') return found;
  await disown(made);
  throw new StoreError('conflict', `somebody else has uploaded other data to image ${ref.image_id}`);
}

/** Removes the job's mark from an image. The job then leaves the image alone. */
export async function disown({ api, as, ref }: MarkedImage): Promise<void> {
  await api.patch(as, ref.image_id, [{ op: 'remove', path: `/${JOB_PROPERTY}` }]);
}

/**
 * Waits until an image can take data. When an upload has broken off, its image stays `saving` for a second.
 * If the connection hangs instead, the image stays `saving` for as long as Glance waits for more bytes.
 * @throws StoreError `spoilt` if the image is still `saving` after the timeout. If a Glance dies during an
 * upload, the image is `saving` for ever
 */
async function untilQueued(made: MarkedImage, timeout: number, signal: AbortSignal): Promise<void> {
  const { status } = await whenNotSaving(() => showMarked(made), {
    timeout,
    interval: POLL_INTERVAL,
    signal,
  });
  if (status === 'queued') return;
  if (status === 'saving')
    throw new StoreError(
      'spoilt',
      `the image has had the status saving for ${timeout / 1000} s, and cannot take data any more`,
    );
  throw new StoreError(
    'unavailable',
    `the image has the status ${status}, and takes data only while it is queued`,
  );
}

/**
 * Waits until an image is no longer `saving`, and returns it. After `timeout`, returns it as it is. Times are
 * in milliseconds.
 */
export async function whenNotSaving(
  show: () => Promise<GlanceImage>,
  { timeout, interval, signal }: { timeout: number; interval: number; signal?: AbortSignal },
): Promise<GlanceImage> {
  const deadline = Date.now() + timeout;
  for (;;) {
    const image = await show();
    if (image.status !== 'saving' || Date.now() > deadline) return image;
    await pause(interval, signal);
  }
}

/** The data of an upload. */
interface UploadBody extends Pick<GlanceUploadOptions, 'imageStore'> {
  readonly size: number;
  readonly chunks: AsyncIterable<Uint8Array>;
  readonly signal: AbortSignal;
}

async function put(
  { api, as, ref }: MarkedImage,
  { size, imageStore, chunks, signal }: UploadBody,
): Promise<void> {
  const response = await api.send({
    method: 'PUT',
    path: `/v2/images/${ref.image_id}/file`,
    as,
    headers: {
      'content-type': 'application/octet-stream',
      // Without the length, an upload that is cut short would become an image that is too small.
      'content-length': String(size),
      'x-openstack-image-size': String(size),
      ...(imageStore !== null && { 'x-image-meta-store': imageStore }),
    },
    body: chunks,
    signal,
    // The transfer decides how long to wait: a Glance may take minutes to store the last bytes.
    headersTimeout: 0,
  });
  if (response.statusCode === 204) {
    await response.body.dump();
    return;
  }
  const error = await refusal(response);
  // This quota limits how many uploads run at once. It has room again when other uploads of the project end.
  if (error.message.includes('image_count_uploading')) throw new StoreError('unavailable', error.message);
  // After 409, the next attempt finds out what has become of the image. After 400, the body may have been cut
  // short. Neither is the image's fault.
  if (response.statusCode !== 409 && response.statusCode !== 400) throw error;
  throw new StoreError('unavailable', error.message);
}
