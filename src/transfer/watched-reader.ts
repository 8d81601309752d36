import type { ByteRange } from '../image/index.ts';
import { type PartReader, StoreError } from '../stores/index.ts';

/**
 * Reads a range. `onOpen` is given a function that ends the read as if the connection had broken. `onFirst`
 * is called when the first byte has come.
 */
export type ReadRange = (
  range: ByteRange,
  onOpen?: (hangUp: () => void) => void,
  onFirst?: () => void,
) => AsyncGenerator<Uint8Array>;

/** The controller that ends one read, and a signal that is aborted by that controller or by the transfer. */
interface Abortable {
  readonly own: AbortController;
  readonly signal: AbortSignal;
}

/**
 * Returns a function that reads ranges. The read fails with `unavailable` if a chunk takes longer than
 * `stallAfter` milliseconds.
 */
export function watchedReader(reader: PartReader, stallAfter: number, outer: AbortSignal): ReadRange {
  // The signals are reused, because an image has tens of thousands of ranges, and a combined signal is
  // garbage-collected late.
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
        // A race against one promise for the whole range would keep every chunk in memory until the range's
        // end.
        const next = await new Promise<IteratorResult<Uint8Array>>((resolve, reject) => {
          rejectNext = reject;
          chunks.next().then(resolve, reject);
        });
        // The time that the destination takes for the chunk does not count.
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
        // The reader may hang here too, so this does not wait for it.
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
