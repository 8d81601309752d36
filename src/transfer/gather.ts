import { copyInto } from '../memory/index.ts';
import type { Chunks } from './chunks.ts';

/** How long a piece waits for more bytes; milliseconds. */
const LINGER = 10;

/**
 * Joins the bytes of an image, from an offset on, into larger pieces. A socket gives only 16 to 64 KiB at a
 * time, and each write to a file costs two trips to the thread pool. So larger pieces need fewer trips. A
 * piece ends at a multiple of a chunk's size, or when the source pauses, fails or ends. Each piece is taken
 * from `chunks` and belongs to the caller.
 */
export async function* gathered(
  source: AsyncIterable<Uint8Array>,
  offset: number,
  chunks: Chunks,
): AsyncGenerator<Uint8Array> {
  const incoming = source[Symbol.asyncIterator]();
  /** The bytes up to the next multiple of a chunk's size. */
  let room = chunks.size - (offset % chunks.size);
  let filled = 0;
  let chunk: Uint8Array | undefined;
  const handOver = (full: Uint8Array) => {
    const bytes = full.subarray(0, filled);
    room = room === filled ? chunks.size : room - filled;
    filled = 0;
    chunk = undefined;
    return bytes;
  };
  let next = incoming.next();
  try {
    for (;;) {
      if (chunk !== undefined && !(await comesSoon(next))) yield handOver(chunk);
      const { done, value } = await next;
      if (done) break;
      for (let rest = value; rest.length > 0; ) {
        chunk ??= await chunks.take();
        const piece = rest.subarray(0, room - filled);
        copyInto(chunk, filled, piece);
        filled += piece.length;
        rest = rest.subarray(piece.length);
        if (filled === room) yield handOver(chunk);
      }
      next = incoming.next();
    }
    if (chunk !== undefined) yield handOver(chunk);
  } finally {
    if (chunk !== undefined) chunks.free(chunk);
    // The source may hang, so nobody waits for its end.
    next.catch(() => {});
    incoming.return?.().catch(() => {});
  }
}

/** Tells whether more bytes, or the source's end, come within `LINGER`. Returns `false` after a failure. */
async function comesSoon(next: Promise<unknown>): Promise<boolean> {
  const { promise: late, resolve } = Promise.withResolvers<false>();
  const timer = setTimeout(resolve, LINGER, false);
  const came = next.then(
    () => true,
    () => false,
  );
  try {
    return await Promise.race([came, late]);
  } finally {
    clearTimeout(timer);
  }
}
