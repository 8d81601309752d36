import { MIB } from '../memory/index.ts';
import { atSide, blame, type PartReader, StoreError } from '../stores/index.ts';
import type { Throttle } from './bandwidth.ts';
import type { Chunks } from './chunks.ts';
import { gathered } from './gather.ts';
import type { Lane, Lanes } from './lane.ts';
import type { Ledger } from './ledger.ts';
import type { Part, PartQueue } from './part-queue.ts';
import { FIRST_PAUSE, nextPause, type RetryContext, waitForRetry } from './retry.ts';
import type { Staging } from './staging.ts';
import { type ReadRange, watchedReader } from './watched-reader.ts';

/** The source, the staging and the limits of the parts that `moveAll` moves. */
export interface MoveContext extends RetryContext {
  readonly reader: PartReader;
  readonly lanes: Lanes;
  /** The largest number of parts under way at a time, whatever the endpoint allows. */
  readonly mostParts: number;
  /** Returns the size of a part in bytes. Towards the end parts may be smaller, so that no lane is idle. */
  readonly partSize: () => number;
  /**
   * The largest size of a part from a server far away; bytes. If absent, such parts are not larger than
   * others.
   */
  readonly farPart?: number;
  readonly bandwidth: Throttle;
  readonly staging: Pick<Staging, 'waitForRoom' | 'fits' | 'write' | 'complete'>;
  /**
   * Memory in which small pieces are joined before they are written; given if each write is expensive. A
   * write then takes over its chunk, even if it fails.
   */
  readonly chunks?: Chunks;
  /** Stops the whole transfer. */
  readonly stop: AbortController;
}

/**
 * An answer that ends early may have been cut off on the way. After this many in a row that end at the same
 * byte, the data is believed to end there.
 */
const MAX_EARLY_ENDS = 3;
/** A part that is read from far away has at least this many times `Lanes.waitCost` bytes. */
const WAITS_PER_PART = 4;
/** After a connection that has brought this many bytes, the next one is opened at once. */
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
      if (queue.next !== undefined && !staging.fits(queue.next)) {
        // A part that is given back to the queue may be the one that the staging needs next.
        await Promise.race([staging.waitForRoom(queue.next).catch(() => {}), ...moving]);
        continue;
      }
      if (moving.size >= context.mostParts) {
        await Promise.race(moving);
        continue;
      }
      const lane = await lanes.take(signal);
      const part = queue.take(sizeOfNext(queue, context), lanes.waitCost);
      if (part !== undefined) begin(part, lane);
      else {
        lane.release();
        if (moving.size > 0) await Promise.race(moving);
      }
    }
  } finally {
    clearInterval(watch);
    await Promise.allSettled(moving);
  }
  signal.throwIfAborted();
}

/**
 * Returns the size of the next part. If requests go to a server, it is small enough that all lanes are busy
 * until the end. If the server is far away, it is large enough that the wait for the first byte is a small
 * share of the part's time.
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
  /** The number of answers in a row that have ended early, at the same byte. */
  let earlyEnds = 0;
  try {
    for (let wait = FIRST_PAUSE; part.at < part.end && !part.isCut; wait = nextPause(wait)) {
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
        if (part.at > from) wait = FIRST_PAUSE;
        earlyEnds = fault.code !== 'truncated' ? 0 : part.at > from ? 1 : earlyEnds + 1;
        const mayPass = earlyEnds > 0 && earlyEnds < MAX_EARLY_ENDS;
        // A connection that has brought a lot was a good one, however it ended.
        const pause = part.at - from >= MIN_GOOD ? 0 : wait;
        await waitForRetry(mayPass ? asUnavailable(fault) : fault, context, pause);
      }
    }
  } finally {
    lane?.release();
  }
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
    if (held !== undefined) await lane.aside(waitForLimit(held, ledger));
    await atSide('destination', () => staging.write(at, chunk));
    ledger.add([at, at + chunk.length]);
    part.at += chunk.length;
    lane.moved(chunk.length);
    // A request that ends with its part is read to the end, because a reader that has only one stream keeps
    // it for the next part only then.
    if (part.isCut || (part.at >= part.end && part.end < asked)) return;
  }
  if (part.at >= part.end) return;
  throw new StoreError('truncated', `the source ended at byte ${part.at}`, { side: 'source' });
}

/** Waits for a limit of bandwidth. A copy that it holds back does not count as standing still. */
async function waitForLimit(held: Promise<void>, ledger: Ledger): Promise<void> {
  const timer = setInterval(() => ledger.restartClock(), WATCH_INTERVAL);
  try {
    await held;
  } finally {
    clearInterval(timer);
  }
}

function asUnavailable({ message, cause, side }: StoreError): StoreError {
  return new StoreError('unavailable', message, { cause, ...(side !== null && { side }) });
}

/** Tells the staging that a part is complete. Tries again until the staging has accepted it. */
async function complete({ start, at }: Part, context: MoveContext): Promise<void> {
  if (at === start) return;
  for (let wait = FIRST_PAUSE; ; wait = nextPause(wait)) {
    try {
      return await atSide('destination', () => context.staging.complete([start, at]));
    } catch (error) {
      await waitForRetry(blame('destination', error), context, wait);
    }
  }
}
