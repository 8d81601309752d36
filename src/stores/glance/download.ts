import type { Dispatcher } from 'undici';
import { received } from '../../http/index.ts';
import { StoreError } from '../store-error.ts';
import { refusal } from './answers.ts';
import type { As, GlanceApi } from './api.ts';
import type { GlanceImage } from './image-json.ts';

/** Asks Glance for a range of an image's data, or, with `null`, for all of it. */
export type Download = (range: string | null, signal?: AbortSignal) => Promise<Dispatcher.ResponseData>;

/** Returns the function that asks for the data of an image. It throws if the image may not be read. */
export function downloadOf(api: GlanceApi, as: As, image: GlanceImage): Download {
  return async (range, signal) => {
    const response = await api.send({
      method: 'GET',
      path: `/v2/images/${image.id}/file`,
      as,
      headers: range === null ? {} : { range },
      // The caller of the reader decides how long to wait.
      bodyTimeout: 0,
      ...(signal && { signal }),
    });
    if (response.statusCode === 403) throw await forbiddenError(api, as, image, await refusal(response));
    return response;
  };
}

/**
 * Returns the error for data that Glance has refused with 403: `not_active` if the image is no longer active,
 * and otherwise Glance's own refusal.
 */
async function forbiddenError(
  api: GlanceApi,
  as: As,
  { id }: GlanceImage,
  refused: StoreError,
): Promise<StoreError> {
  const { status } = await api.show(as, id);
  if (status === 'active') return refused;
  return new StoreError('not_active', `image ${id} may not be read: it is ${status}`);
}

/** Returns the error for data that has another size than the image had when it was inspected. */
export function otherSizeError(total: number, size: number): StoreError {
  return new StoreError('changed', `the image's data has ${total} bytes, not ${size} as inspected`);
}

/** Yields an answer's bytes. Throws `unavailable` if it breaks off in the middle. */
export async function* chunksOf({ body }: Dispatcher.ResponseData): AsyncGenerator<Buffer> {
  try {
    yield* received(body);
  } catch (cause) {
    throw new StoreError('unavailable', 'the image service broke off its answer', { cause });
  }
}

/** Stops reading an answer. undici reports that as an error, which nobody else would handle. */
export function dismiss({ body }: Dispatcher.ResponseData): void {
  body.on('error', () => {}).destroy();
}

/** Yields what a read yields. After an abort, throws the signal's reason, whatever the read throws. */
export async function* aborting(
  signal: AbortSignal,
  read: () => AsyncGenerator<Buffer>,
): AsyncGenerator<Buffer> {
  signal.throwIfAborted();
  try {
    yield* read();
    signal.throwIfAborted();
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  }
}
