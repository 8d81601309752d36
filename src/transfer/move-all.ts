import { MIB } from '../memory/index.ts';
import { atSide, blame, type PartReader, StoreError } from '../stores/index.ts';
import { whileWaiting } from '../wait/index.ts';
import type { Throttle } from './bandwidth.ts';
import type { Chunks } from './chunks.ts';
import { gathered } from './gather.ts';
import type { Lane, Lanes } from './lane.ts';
import type { Part, PartQueue } from './part-queue.ts';
import { FIRST_PAUSE, nextPause, type RetryContext, waitForRetry } from './retry.ts';
import type { Staging } from './staging.ts';
import { type ReadRange, watchedReader } from './watched-reader.ts';

/** The source, the staging and the limits of the parts that `moveAll` moves. */
export interface MoveContext extends RetryContext {
  readonly reader: PartReader;
  readonly lanes: Lanes;
  /** The largest number of parts under way at a time. The endpoint may allow fewer. */
  readonly mostParts: number;
  /** Returns the size of a part in bytes. The last parts may be smaller, so that no lane is idle. */
  readonly partSize: () => number;
  /** The largest size of a part if the server is far away; `partSize` if absent; bytes. */
  readonly farPart?: number;
  readonly bandwidth: Throttle;
  readonly staging: Pick<Staging, 'waitForRoom' | 'fits' | 'write' | 'complete'>;
  /**
   * Memory in which small pieces are joined before a write; present if each write is expensive. Each write
   * then hands a chunk over to the staging, which owns it even if the write fails.
   */
  readonly chunks?: Chunks;
  /** Stops the whole transfer. */
  readonly stop: AbortController;
}

/**
 * If an answer ends early, the part is read again, because the answer may have been cut off. If this many
 * answers in a row end at the same byte, the data ends there.
 */
const MAX_EARLY_ENDS = 3;
/** A part from far away has this many times the bytes of `Lanes.waitCost`, if nothing limits its size. */
const WAITS_PER_PART = 4;
/** After a connection that has brought this many bytes, another one is opened without a pause. */
const MIN_GOOD = MIB;
/** How often parts are checked for slow lanes; milliseconds. */
const WATCH_INTERVAL = 1000;

/**
 * Moves all parts of a queue, as many at a time as there are lanes. If a part cannot be moved, or the signal
 * is aborted, rejects as soon as nothing is under way any more.
 */
export async function moveAll(queue: PartQueue, context: MoveContext): Promise<void> {
  const { lanes, staging, signal, stop } = context;
  const read = watchedReader(context.reader, context.patience.stall_after, signal);
  const moving = new Set<Promise<void>>();
  const begin = (part: Part, lane: Lane) => {
    const moved = movePart(part, lane, read, context)
      .finally(() => queue.leave(part))
      .then(() => complete(part, context))
      .catch((error) => stop.abort(error))
      .finally(() => moving.delete(moved));
    moving.add(moved);
  };
  const watch = setInterval(() => queue.cutSlow(), WATCH_INTERVAL);
  try {
    while (!signal.aborted && (queue.next !== undefined || moving.size > 0)) {
      const end = queue.endOfNext(sizeOfNext(queue, context));
      if (end !== undefined && !staging.fits(end)) {
        // A lane that fails gives its part back, and the staging may have room for that part.
        await Promise.race([staging.waitForRoom(end).catch(() => {}), ...moving]);
        continue;
      }
      if (moving.size >= context.mostParts) {
        await Promise.race(moving);
        continue;
      }
      const lane = await lanes.take(signal);
      const part = takeNext(queue, context);
      if (part !== undefined) begin(part, lane);
      else {
        lane.release();
        if (queue.next === undefined && moving.size > 0) await Promise.race(moving);
      }
    }
  } finally {
    clearInterval(watch);
    await Promise.allSettled(moving);
  }
  signal.throwIfAborted();
}

/**
 * Takes the next part. Returns `undefined` if there is none, or if the staging has no room for all of it: the
 * right size may have grown while the copy waited for a lane.
 */
function takeNext(queue: PartQueue, context: MoveContext): Part | undefined {
  const size = sizeOfNext(queue, context);
  const end = queue.endOfNext(size);
  if (end !== undefined && !context.staging.fits(end)) return undefined;
  return queue.take(size, context.lanes.waitCost);
}

/**
 * Returns the size of the next part. The last parts are small, so that all lanes stay busy to the end. Parts
 * from far away are large, so that the wait for the first byte matters little.
 */
function sizeOfNext(queue: PartQueue, { lanes, mostParts, partSize, farPart }: MoveContext): number {
  const { left, canShare } = queue;
  if (!canShare) return partSize();
  const count = Math.min(lanes.count, mostParts);
  const worthItsWait = Math.min(
    WAITS_PER_PART * lanes.waitCost,
    queue.unfinished / count,
    farPart ?? partSize(),
  );
  return Math.max(Math.min(partSize(), left / (2 * count)), worthItsWait);
}

/** Moves a part. After a fault that may pass, goes on from the byte that was reached. */
async function movePart(part: Part, first: Lane, read: ReadRange, context: MoveContext): Promise<void> {
  let lane: Lane | undefined = first;
  const waitAfter = partRetries(context);
  try {
    while (part.at < part.end && !part.isCut) {
      const from = part.at;
      lane ??= await context.lanes.take(context.signal);
      try {
        await readPart(part, lane, read, context);
      } catch (error) {
        if (part.isCut) break;
        const fault = blame('source', error);
        if (fault.side === 'source') lane.failed(fault);
        lane.release();
        lane = undefined;
        await waitAfter(fault, part.at - from);
      }
    }
  } finally {
    lane?.release();
  }
}

/**
 * Returns a function that waits before the next request for a part. MUST be called with the fault of each
 * request, and with the number of bytes that the request has moved. Throws as `waitForRetry` does.
 */
function partRetries(context: RetryContext): (fault: StoreError, moved: number) => Promise<void> {
  let pause = FIRST_PAUSE;
  /** The number of answers in a row that have ended early, at the same byte. */
  let earlyEnds = 0;
  return async (fault, moved) => {
    if (moved > 0) {
      pause = FIRST_PAUSE;
      earlyEnds = 0;
    }
    earlyEnds = fault.code === 'truncated' ? earlyEnds + 1 : 0;
    const mayBeCutOff = earlyEnds > 0 && earlyEnds < MAX_EARLY_ENDS;
    await waitForRetry(mayBeCutOff ? asUnavailable(fault) : fault, context, moved < MIN_GOOD ? pause : 0);
    pause = nextPause(pause);
  };
}

async function readPart(part: Part, lane: Lane, read: ReadRange, context: MoveContext): Promise<void> {
  const { chunks, staging, ledger, bandwidth, signal } = context;
  const asked = part.end;
  const onOpen = (hangUp: () => void) => {
    part.hangUp = hangUp;
  };
  const pieces = read([part.at, asked], onOpen, lane.began);
  for await (const piece of chunks ? gathered(pieces, part.at, chunks) : pieces) {
    const chunk = piece.subarray(0, part.end - part.at);
    if (chunk.length === 0) continue;
    const { at } = part;
    const held = bandwidth.pass(chunk.length, signal);
    // While a limit holds it back, the copy does not count as standing still.
    if (held !== undefined) await lane.aside(whileWaiting(held, () => ledger.restartClock()));
    await atSide('destination', () => staging.write(at, chunk));
    ledger.add([at, at + chunk.length]);
    part.at += chunk.length;
    lane.moved(chunk.length);
    // If another lane has taken over the end of the part, this request asks for too much and is broken off.
    // All other requests are read to their end, because a reader may go on with the same stream.
    if (part.isCut || (part.at >= part.end && part.end < asked)) return;
  }
  if (part.at >= part.end) return;
  throw new StoreError('truncated', `the source ended at byte ${part.at}`, { side: 'source' });
}

function asUnavailable({ message, cause, side }: StoreError): StoreError {
  return new StoreError('unavailable', message, { cause, ...(side !== null && { side }) });
}

/** Tells the staging that a part is complete. Tries again until the staging has accepted it. */
async function complete({ start, at }: Part, context: MoveContext): Promise<void> {
  if (at === start) return;
  for (let pause = FIRST_PAUSE; ; pause = nextPause(pause)) {
    try {
      return await atSide('destination', () => context.staging.complete([start, at]));
    } catch (error) {
      await waitForRetry(blame('destination', error), context, pause);
    }
  }
}
