import type { Dispatcher } from 'undici';
import { received } from '../../http/index.ts';
import type { ByteRange } from '../../image/index.ts';
import type { PartReader } from '../data-port.ts';
import { StoreError } from '../store-error.ts';
import { refusal } from './answers.ts';
import type { As, GlanceApi } from './api.ts';
import type { GlanceImage } from './image-json.ts';

/** Returns the pin of an image. Glance ignores If-Match, so the pin has the digest of all bytes. */
export function pinOf({ size, os_hash_value, checksum, created_at }: GlanceImage): string {
  return `${size}-${os_hash_value ?? checksum ?? created_at}`;
}

/**
 * Returns a reader of an image's data. It reads ranges if Glance's backend supports them (file and cinder
 * do), and otherwise one stream.
 */
export async function openReader(api: GlanceApi, as: As, image: GlanceImage): Promise<PartReader> {
  const download = async (range: string | null, signal?: AbortSignal) => {
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
  const size = image.size ?? 0;
  return (await hasRanges(download)) ? rangedReader(download, size) : inOrderReader(download, size);
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

type Download = (range: string | null, signal?: AbortSignal) => Promise<Dispatcher.ResponseData>;

async function hasRanges(download: Download): Promise<boolean> {
  const { statusCode, headers, body } = await download('bytes=0-0');
  if (statusCode === 404) throw await refusal({ statusCode, headers, body } as Dispatcher.ResponseData);
  dismiss({ body });
  return statusCode === 206;
}

function rangedReader(download: Download, size: number): PartReader {
  return {
    async *read([start, end]: ByteRange, signal) {
      if (start === end) return;
      yield* aborting(signal, async function* () {
        const response = await download(`bytes=${start}-${end - 1}`, signal);
        if (response.statusCode === 416) {
          dismiss(response);
          throw new StoreError('truncated', `the image's data ends before byte ${start}`);
        }
        if (response.statusCode !== 206) throw await refusal(response);
        const total = Number(/\/(\d+)$/.exec(String(response.headers['content-range']))?.[1]);
        if (total !== size) {
          dismiss(response);
          throw otherSizeError(total, size);
        }
        yield* chunksOf(response);
      });
    },
    async close() {},
  };
}

function otherSizeError(total: number, size: number): StoreError {
  return new StoreError('changed', `the image's data has ${total} bytes, not ${size} as inspected`);
}

function endedError(offset: number): StoreError {
  return new StoreError('truncated', `the image's data ends at byte ${offset}`);
}

interface Stream {
  readonly chunks: AsyncGenerator<Buffer>;
  readonly close: () => void;
  /** Offset of the next byte. */
  offset: number;
  /** Bytes that were read, but not asked for yet. */
  rest: Buffer;
}

/** Opens a stream of the whole image. Throws `changed` if it has another size. */
async function openStream(download: Download, size: number, signal: AbortSignal): Promise<Stream> {
  const response = await download(null, signal);
  if (response.statusCode !== 200) throw await refusal(response);
  const close = () => dismiss(response);
  const total = Number(response.headers['content-length'] ?? size);
  if (total !== size) {
    close();
    throw otherSizeError(total, size);
  }
  return { chunks: chunksOf(response), close, offset: 0, rest: Buffer.alloc(0) };
}

/**
 * Returns a reader that keeps one stream open from one range to the next. After a fault, it opens another
 * stream, and reads that from its beginning up to the wanted range.
 */
function inOrderReader(download: Download, size: number): PartReader {
  let kept: Stream | undefined;
  return {
    inOrder: true,
    async *read([start, end]: ByteRange, signal) {
      if (start === end) return;
      signal.throwIfAborted();
      let stream = kept;
      kept = undefined;
      if (stream !== undefined && stream.offset > start) {
        stream.close();
        stream = undefined;
      }
      // A stream that is kept outlives this read. So it must not end with the signal of this read.
      const opening = new AbortController();
      const onAbort = () => {
        opening.abort(signal.reason);
        stream?.close();
      };
      signal.addEventListener('abort', onAbort, { once: true });
      let isDone = false;
      try {
        yield* aborting(signal, async function* () {
          stream ??= await openStream(download, size, opening.signal);
          yield* readRange(stream, [start, end]);
        });
        isDone = true;
      } finally {
        signal.removeEventListener('abort', onAbort);
        if (isDone && kept === undefined) kept = stream;
        else stream?.close();
      }
    },
    async close() {
      kept?.close();
      kept = undefined;
    },
  };
}

/** Reads a stream up to the end of a range. Before the range begins, yields empty chunks as keep-alives. */
async function* readRange(stream: Stream, [start, end]: ByteRange): AsyncGenerator<Buffer> {
  while (stream.offset < end) {
    if (stream.rest.length === 0) {
      const next = await stream.chunks.next();
      if (next.done) throw endedError(stream.offset);
      stream.rest = next.value;
    }
    const goal = stream.offset < start ? start : end;
    const length = Math.min(stream.rest.length, goal - stream.offset);
    const chunk = stream.rest.subarray(0, length);
    stream.rest = stream.rest.subarray(length);
    stream.offset += length;
    yield stream.offset > start ? chunk : chunk.subarray(length);
  }
}

/** Yields an answer's bytes. Throws `unavailable` if it breaks off in the middle. */
async function* chunksOf({ body }: Dispatcher.ResponseData): AsyncGenerator<Buffer> {
  try {
    yield* received(body);
  } catch (cause) {
    throw new StoreError('unavailable', 'the image service broke off its answer', { cause });
  }
}

/** Stops reading an answer. undici reports that as an error, which nobody else would handle. */
function dismiss({ body }: Pick<Dispatcher.ResponseData, 'body'>): void {
  body.on('error', () => {}).destroy();
}

/** Yields what a read yields. After an abort, throws the signal's reason, whatever the read throws. */
async function* aborting(signal: AbortSignal, read: () => AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  signal.throwIfAborted();
  try {
    yield* read();
    signal.throwIfAborted();
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  }
}
