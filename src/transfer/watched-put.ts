import type { ByteRange } from '../image/index.ts';
import { type BlockSink, StoreError } from '../stores/index.ts';
import { MAX_TIMER } from './retry.ts';

/**
 * Returns a function that puts blocks into a sink. A put fails with `unavailable` if no byte of its block
 * moves for `stallAfter` milliseconds. The server may need longer for its answer, so the next put of the same
 * block may stand still twice as long. If `outer` is aborted, a put rejects with that signal's reason.
 */
export function watchedPut(
  sink: Pick<BlockSink, 'put'>,
  stallAfter: number,
  outer: AbortSignal,
): (block: ByteRange, bytes: Uint8Array) => Promise<void> {
  /** By the offset of a block that has stalled, how long its next put may stand still; milliseconds. */
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
