import type { ByteRange } from '../image/index.ts';
import { type PartReader, StoreError } from '../stores/index.ts';

export type ReadRange = (range: ByteRange) => AsyncGenerator<Uint8Array>;

/** Lets go of a reader that hangs. */
interface Leash {
  readonly signal: AbortSignal;
  stop(reason?: StoreError): void;
  onStop: (reason: unknown) => void;
}

/** Reads ranges; a wait for a chunk that takes longer than `stallAfter` milliseconds is an error. */
export function watchedReader(reader: PartReader, stallAfter: number, signal: AbortSignal): ReadRange {
  // An image has tens of thousands of ranges, and a signal of signals is dear.
  let idle: Leash | undefined;

  return async function* (range) {
    const leash = idle ?? leashOf(signal);
    idle = undefined;
    const chunks = reader.read(range, leash.signal)[Symbol.asyncIterator]();
    const bark = () => {
      const message = `the source has sent nothing for ${stallAfter / 1000} s`;
      leash.stop(new StoreError('unavailable', message, { side: 'source' }));
    };
    let watchdog: NodeJS.Timeout | undefined;
    let isDone = false;
    try {
      for (;;) {
        watchdog = setTimeout(bark, stallAfter);
        // A race against a promise of all waits would keep every chunk until the range's end.
        const next = await new Promise<IteratorResult<Uint8Array>>((resolve, reject) => {
          leash.onStop = reject;
          chunks.next().then(resolve, reject);
        });
        // The destination may take its time with the chunk.
        clearTimeout(watchdog);
        isDone = next.done === true;
        if (next.done) return;
        yield next.value;
      }
    } finally {
      clearTimeout(watchdog);
      if (isDone) idle = leash;
      else {
        leash.stop();
        // A reader that hangs would hang here too: it is not waited for.
        chunks.return?.().catch(() => {});
      }
    }
  };
}

function leashOf(outer: AbortSignal): Leash {
  const own = new AbortController();
  const signal = AbortSignal.any([outer, own.signal]);
  const leash: Leash = { signal, stop: (reason) => own.abort(reason), onStop: () => {} };
  signal.addEventListener('abort', () => leash.onStop(signal.reason), { once: true });
  return leash;
}
