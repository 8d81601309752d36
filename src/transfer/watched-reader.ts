import type { ByteRange } from '../image/index.ts';
import { type PartReader, StoreError } from '../stores/index.ts';

/** Reads a range. `onOpen` is given what ends the read, as if the connection had broken. */
export type ReadRange = (
  range: ByteRange,
  onOpen?: (hangUp: () => void) => void,
) => AsyncGenerator<Uint8Array>;

/** What ends the read of a range, from outside or here. */
interface Leash {
  readonly own: AbortController;
  readonly signal: AbortSignal;
}

/** Reads ranges; a wait for a chunk that takes longer than `stallAfter` milliseconds is an error. */
export function watchedReader(reader: PartReader, stallAfter: number, outer: AbortSignal): ReadRange {
  // An image has tens of thousands of ranges, and each signal of signals takes long to be collected.
  let idle: Leash | undefined;

  return async function* (range, onOpen) {
    outer.throwIfAborted();
    const leash = idle ?? leashedTo(outer);
    idle = undefined;
    const { own, signal } = leash;
    onOpen?.(() => own.abort(new StoreError('unavailable', 'the source is too slow', { side: 'source' })));
    const chunks = reader.read(range, signal)[Symbol.asyncIterator]();
    let hangUp: (reason: unknown) => void = () => {};
    const onAbort = () => hangUp(signal.reason);
    const bark = () => {
      const message = `the source has sent nothing for ${stallAfter / 1000} s`;
      own.abort(new StoreError('unavailable', message, { side: 'source' }));
    };
    let watchdog: NodeJS.Timeout | undefined;
    let isDone = false;
    let left = range[1] - range[0];
    signal.addEventListener('abort', onAbort);
    try {
      for (;;) {
        watchdog = setTimeout(bark, stallAfter);
        // A race against a promise of all waits would keep every chunk until the range's end.
        const next = await new Promise<IteratorResult<Uint8Array>>((resolve, reject) => {
          hangUp = reject;
          chunks.next().then(resolve, reject);
        });
        // The destination may take its time with the chunk.
        clearTimeout(watchdog);
        isDone = next.done === true;
        if (next.done) return;
        left -= next.value.length;
        if (left < 0) throw sentTooMuch();
        yield next.value;
      }
    } finally {
      clearTimeout(watchdog);
      // A signal of signals lives for as long as anybody listens to it.
      signal.removeEventListener('abort', onAbort);
      if (isDone) idle = leash;
      else {
        own.abort();
        // A reader that hangs would hang here too: it is not waited for.
        chunks.return?.().catch(() => {});
      }
    }
  };
}

function sentTooMuch(): StoreError {
  return new StoreError('unavailable', 'the source has sent more than was asked for', { side: 'source' });
}

function leashedTo(outer: AbortSignal): Leash {
  const own = new AbortController();
  return { own, signal: AbortSignal.any([outer, own.signal]) };
}
