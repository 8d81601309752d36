import type { ByteRange } from '../image/index.ts';
import { type BlockSink, StoreError } from '../stores/index.ts';
import { MAX_TIMER } from './retry.ts';

/**
 * Returns a function that puts blocks into a sink. A put fails with `unavailable` if no byte of its block
 * moves for `stallAfter` milliseconds. The next put of the same block may stand still twice as long, because
 * the server may need that long for its answer. Rejects with the reason of `outer` if that is aborted.
 */
export function watchedPut(
  sink: Pick<BlockSink, 'put'>,
  stallAfter: number,
  outer: AbortSignal,
): (block: ByteRange, bytes: Uint8Array) => Promise<void> {
  /**
   * How long the next put of a block that has stalled may stand still, by the block's offset; milliseconds.
   */
  const stallTimes = new Map<number, number>();

  return async (block, bytes) => {
    outer.throwIfAborted();
    const [start] = block;
    const stall = stallTimes.get(start) ?? stallAfter;
    const own = new AbortController();
    let isOver = false;
    const onStall = () => {
      isOver = true;
      stallTimes.set(start, Math.min(stall * 2, MAX_TIMER));
      const message = `the destination has taken nothing for ${stall / 1000} s`;
      own.abort(new StoreError('unavailable', message, { side: 'destination' }));
    };
    const watchdog = setTimeout(onStall, stall);
    const moved = () => {
      if (!isOver) watchdog.refresh();
    };
    const stop = () => own.abort(outer.reason);
    outer.addEventListener('abort', stop, { once: true });
    try {
      await sink.put(block, bytes, own.signal, moved);
      stallTimes.delete(start);
    } finally {
      isOver = true;
      clearTimeout(watchdog);
      outer.removeEventListener('abort', stop);
    }
  };
}
