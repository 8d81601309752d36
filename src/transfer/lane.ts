import { atSide, blame, type PartReader, StoreError } from '../stores/index.ts';
import { type Bandwidth, delayOf, pause } from './bandwidth.ts';
import type { Chunks } from './chunks.ts';
import type { Lane, Lanes } from './endpoint.ts';
import { gathered } from './gather.ts';
import { FIRST_PAUSE, getOver, type Insistence, longer } from './insist.ts';
import type { Part, PartQueue } from './part-queue.ts';
import type { Staging } from './staging.ts';
import { type ReadRange, watchedReader } from './watched-reader.ts';

export interface LanesContext extends Insistence {
  readonly reader: PartReader;
  readonly lanes: Lanes;
  /** The most parts that may be under way, whatever the endpoint allows. */
  readonly mostParts: number;
  /** Returns how many bytes a part has, as long as enough are left for all lanes. */
  readonly partSize: () => number;
  readonly limits: readonly Bandwidth[];
  readonly staging: Pick<Staging, 'hasRoom' | 'fits' | 'write' | 'complete'>;
  /**
   * Memory in which small pieces are put together first, where each write is dear; then a write owns its
   * bytes, also when it fails.
   */
  readonly chunks?: Chunks;
  /** Ends everything that the transfer does. */
  readonly stop: AbortController;
}

/**
 * An answer that ends early may have been cut off by something in between; so often in a row, the data ends
 * there.
 */
const MAX_EARLY_ENDS = 3;
/** How often it is looked whether a lane has become slow; milliseconds. */
const WATCH_INTERVAL = 1000;

/**
 * Moves all parts of a queue, as many at a time as there are lanes. Rejects when the first of them cannot be
 * moved, or the signal is aborted, and nothing is under way any more.
 */
export async function moveAll(queue: PartQueue, context: LanesContext): Promise<void> {
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
        // A part that comes back may be what the room is waiting for.
        await Promise.race([staging.hasRoom(queue.next).catch(() => {}), ...moving]);
        continue;
      }
      if (moving.size >= context.mostParts) {
        await Promise.race(moving);
        continue;
      }
      const lane = await lanes.take(signal);
      const part = queue.take(sizeOfNext(queue, context));
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

/** So small that all lanes have something to do until the end, where requests go far away. */
function sizeOfNext({ left, canShare }: PartQueue, { lanes, mostParts, partSize }: LanesContext): number {
  if (!canShare) return partSize();
  return Math.min(partSize(), left / (2 * Math.min(lanes.count, mostParts)));
}

/** Moves a part, and goes on from where it stopped as often as the fault is one that may pass. */
async function movePart(part: Part, first: Lane, read: ReadRange, context: LanesContext): Promise<void> {
  let lane: Lane | undefined = first;
  let earlyEnds = 0;
  try {
    for (let wait = FIRST_PAUSE; part.at < part.end && !part.isCut; wait = longer(wait)) {
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
        await getOver(mayPass ? asPassing(fault) : fault, context, wait);
      }
    }
  } finally {
    lane?.release();
  }
}

async function readPart(part: Part, lane: Lane, read: ReadRange, context: LanesContext): Promise<void> {
  const { chunks, staging, ledger, limits, signal } = context;
  const pieces = read([part.at, part.end], (hangUp) => {
    part.hangUp = hangUp;
  });
  for await (const piece of chunks ? gathered(pieces, part.at, chunks) : pieces) {
    const chunk = piece.subarray(0, part.end - part.at);
    if (chunk.length === 0) continue;
    const { at } = part;
    const delay = delayOf(limits, chunk.length);
    if (delay > 0) await lane.aside(pause(delay, signal));
    await atSide('destination', () => staging.write(at, chunk));
    ledger.add([at, at + chunk.length]);
    part.at += chunk.length;
    lane.moved(chunk.length);
    if (part.at >= part.end || part.isCut) return;
  }
  throw new StoreError('truncated', `the source ended at byte ${part.at}`, { side: 'source' });
}

function asPassing({ message, cause, side }: StoreError): StoreError {
  return new StoreError('unavailable', message, { cause, ...(side !== null && { side }) });
}

/** Tells that what a part had to move is there, until the staging has taken it in. */
async function complete({ start, at }: Part, context: LanesContext): Promise<void> {
  if (at === start) return;
  for (let wait = FIRST_PAUSE; ; wait = longer(wait)) {
    try {
      return await atSide('destination', () => context.staging.complete([start, at]));
    } catch (error) {
      await getOver(blame('destination', error), context, wait);
    }
  }
}
