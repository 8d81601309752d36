import type { ByteRange } from '../image/index.ts';
import { type BlockSink, StoreError } from '../stores/index.ts';
import { MAX_TIMER } from './insist.ts';

/**
 * Returns a function that puts blocks at a sink. A put fails with `unavailable` if no byte of its block moves
 * for `stallAfter` milliseconds. The next put of the same block may stand still twice as long, because the
 * server may need so long for its answer. Rejects with the reason of `outer` if that is aborted.
 */
export function watchedPut(
  sink: Pick<BlockSink, 'put'>,
  stallAfter: number,
  outer: AbortSignal,
): (block: ByteRange, bytes: Uint8Array) => Promise<void> {
  /** Milliseconds for each block that has stalled, by its offset. */
  const patience = new Map<number, number>();

  return async (block, bytes) => {
    outer.throwIfAborted();
    const [start] = block;
    const stall = patience.get(start) ?? stallAfter;
    const own = new AbortController();
    let isOver = false;
    const bark = () => {
      isOver = true;
      patience.set(start, Math.min(stall * 2, MAX_TIMER));
      const message = `the destination has taken nothing for ${stall / 1000} s`;
      own.abort(new StoreError('unavailable', message, { side: 'destination' }));
    };
    const watchdog = setTimeout(bark, stall);
    const moved = () => {
      if (!isOver) watchdog.refresh();
    };
    const stop = () => own.abort(outer.reason);
    outer.addEventListener('abort', stop, { once: true });
    try {
      await sink.put(block, bytes, own.signal, moved);
      patience.delete(start);
    } finally {
      isOver = true;
      clearTimeout(watchdog);
      outer.removeEventListener('abort', stop);
    }
  };
}
