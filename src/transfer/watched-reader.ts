import type { ByteRange } from '../image/index.ts';
import { type PartReader, StoreError } from '../stores/index.ts';

/**
 * Reads a range.
 * @param onOpen is given a function that ends the read as if the connection had broken
 * @param onFirst called when the first byte has come
 */
export type ReadRange = (
  range: ByteRange,
  onOpen?: (hangUp: () => void) => void,
  onFirst?: () => void,
) => AsyncGenerator<Uint8Array>;

interface Abortable {
  /** Ends one read. */
  readonly own: AbortController;
  /** Aborted if either the read or the transfer has to end. */
  readonly signal: AbortSignal;
}

/**
 * Returns a function that reads ranges. A read fails with `unavailable` if a chunk takes longer than
 * `stallAfter` milliseconds.
 */
export function watchedReader(reader: PartReader, stallAfter: number, outer: AbortSignal): ReadRange {
  // A read that has ended well leaves its signal here for the next read. An image has very many ranges, and a
  // combined signal for each of them would be garbage-collected late.
  let idle: Abortable | undefined;

  return async function* (range, onOpen, onFirst) {
    outer.throwIfAborted();
    const abortable = idle ?? abortableBy(outer);
    idle = undefined;
    const { own, signal } = abortable;
    onOpen?.(() => own.abort(new StoreError('unavailable', 'the source is too slow', { side: 'source' })));
    const chunks = reader.read(range, signal)[Symbol.asyncIterator]();
    let rejectNext: (reason: unknown) => void = () => {};
    const onAbort = () => rejectNext(signal.reason);
    const onStall = () => {
      const message = `the source has sent nothing for ${stallAfter / 1000} s`;
      own.abort(new StoreError('unavailable', message, { side: 'source' }));
    };
    let watchdog: NodeJS.Timeout | undefined;
    let isDone = false;
    let left = range[1] - range[0];
    signal.addEventListener('abort', onAbort);
    try {
      for (;;) {
        watchdog = setTimeout(onStall, stallAfter);
        // Each chunk has a promise of its own. Races against one promise for the whole range would keep every
        // chunk in memory until the range's end.
        const next = await new Promise<IteratorResult<Uint8Array>>((resolve, reject) => {
          rejectNext = reject;
          chunks.next().then(resolve, reject);
        });
        // The watchdog does not run while the destination takes the chunk.
        clearTimeout(watchdog);
        isDone = next.done === true;
        if (next.done) return;
        if (left === range[1] - range[0]) onFirst?.();
        left -= next.value.length;
        if (left < 0) throw tooMuchError();
        yield next.value;
      }
    } finally {
      clearTimeout(watchdog);
      // A combined signal lives for as long as it has a listener.
      signal.removeEventListener('abort', onAbort);
      if (isDone) idle = abortable;
      else {
        own.abort();
        // The reader may hang, so nobody waits for its end.
        chunks.return?.().catch(() => {});
      }
    }
  };
}

function tooMuchError(): StoreError {
  return new StoreError('unavailable', 'the source has sent more than was asked for', { side: 'source' });
}

function abortableBy(outer: AbortSignal): Abortable {
  const own = new AbortController();
  return { own, signal: AbortSignal.any([outer, own.signal]) };
}
