import type { ByteRange } from '../../image/index.ts';
import type { PartReader } from '../data-port.ts';
import { StoreError } from '../store-error.ts';
import { refusal } from './answers.ts';
import { aborting, chunksOf, type Download, dismiss, otherSizeError } from './download.ts';

/**
 * Returns a reader that keeps one stream open from one range to the next. After a fault, it opens another
 * stream, and reads that from its beginning up to the wanted range.
 */
export function inOrderReader(download: Download, size: number): PartReader {
  let kept: Stream | undefined;
  /** Takes the stream that the last read has kept. Closes it if it is beyond the offset already. */
  const takeKept = (offset: number): Stream | undefined => {
    const stream = kept;
    kept = undefined;
    if (stream === undefined || stream.offset <= offset) return stream;
    stream.close();
    return undefined;
  };
  return {
    inOrder: true,
    async *read(range, signal) {
      const [start, end] = range;
      if (start === end) return;
      signal.throwIfAborted();
      let stream = takeKept(start);
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
          yield* readRange(stream, range);
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

/** A stream of the whole image, and how far it has been read. */
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

/** Reads a stream up to the end of a range. Before the range begins, yields empty chunks as keep-alives. */
async function* readRange(stream: Stream, [start, end]: ByteRange): AsyncGenerator<Buffer> {
  while (stream.offset < end) {
    const isBefore = stream.offset < start;
    const chunk = await takeChunk(stream, (isBefore ? start : end) - stream.offset);
    yield isBefore ? Buffer.alloc(0) : chunk;
  }
}

/** Takes the next bytes of a stream, at most `max`. Throws `truncated` at the stream's end. */
async function takeChunk(stream: Stream, max: number): Promise<Buffer> {
  if (stream.rest.length === 0) {
    const next = await stream.chunks.next();
    if (next.done) throw new StoreError('truncated', `the image's data ends at byte ${stream.offset}`);
    stream.rest = next.value;
  }
  const chunk = stream.rest.subarray(0, max);
  stream.rest = stream.rest.subarray(chunk.length);
  stream.offset += chunk.length;
  return chunk;
}
