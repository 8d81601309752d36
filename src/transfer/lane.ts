import { setTimeout as sleep } from 'node:timers/promises';
import type { ByteRange } from '../image/index.ts';
import { atSide, blame, type PartReader, StoreError } from '../stores/index.ts';
import type { Chunks } from './chunks.ts';
import { gathered } from './gather.ts';
import type { Ledger } from './ledger.ts';
import type { Staging } from './staging.ts';
import { type ReadRange, watchedReader } from './watched-reader.ts';

/** How long a copy may stand still; milliseconds. */
export interface Patience {
  /** A part that moves no byte for this long is read again. */
  readonly stall_after: number;
  /** A copy that moves no byte for this long has failed. */
  readonly give_up_after: number;
}

export interface LaneContext {
  readonly reader: PartReader;
  readonly staging: Pick<Staging, 'hasRoom' | 'write' | 'complete'>;
  /**
   * Memory in which small pieces are put together first, where each write is dear; then a write owns its
   * bytes, also when it fails.
   */
  readonly chunks?: Chunks;
  readonly ledger: Ledger;
  readonly patience: Patience;
  readonly signal: AbortSignal;
  /** Told of a fault that the lane is trying to get over. */
  readonly onFault: (fault: StoreError) => void;
}

/**
 * An answer that ends early may have been cut off by something in between; so often in a row, the data ends
 * there.
 */
const MAX_EARLY_ENDS = 3;

const FIRST_PAUSE = 200;
const MAX_PAUSE = 10_000;

/** Moves one part after another until the queue is empty. */
export async function runLane(queue: Iterator<ByteRange>, lane: LaneContext): Promise<void> {
  const read = watchedReader(lane.reader, lane.patience.stall_after, lane.signal);
  for (let part = queue.next(); !part.done; part = queue.next()) {
    await movePart(part.value, read, lane);
  }
}

/** Moves a part, and goes on from where it stopped as often as the fault is one that may pass. */
async function movePart([start, end]: ByteRange, read: ReadRange, lane: LaneContext): Promise<void> {
  let at = start;
  let earlyEnds = 0;
  for (let pause = FIRST_PAUSE; at < end; pause = Math.min(pause * 2, MAX_PAUSE)) {
    const from = at;
    // A source that is not listened to hangs up.
    await lane.staging.hasRoom(at);
    try {
      const pieces = read([at, end]);
      for await (const chunk of lane.chunks ? gathered(pieces, at, lane.chunks) : pieces) {
        if (chunk.length === 0) continue;
        await atSide('destination', () => lane.staging.write(at, chunk));
        lane.ledger.add([at, at + chunk.length]);
        at += chunk.length;
      }
      if (at < end) throw new StoreError('truncated', `the source ended at byte ${at}`, { side: 'source' });
    } catch (error) {
      const fault = blame('source', error);
      if (at > from) pause = FIRST_PAUSE;
      earlyEnds = fault.code !== 'truncated' ? 0 : at > from ? 1 : earlyEnds + 1;
      const mayPass = earlyEnds > 0 && earlyEnds < MAX_EARLY_ENDS;
      await getOver(mayPass ? asPassing(fault) : fault, lane, pause);
    }
  }
  await insist(lane, () => atSide('destination', () => lane.staging.complete([start, end])));
}

function asPassing({ message, cause, side }: StoreError): StoreError {
  return new StoreError('unavailable', message, { cause, ...(side !== null && { side }) });
}

/** Does something again until it is done, or its fault is one that stays. */
async function insist(lane: LaneContext, operation: () => Promise<void>): Promise<void> {
  for (let pause = FIRST_PAUSE; ; pause = Math.min(pause * 2, MAX_PAUSE)) {
    try {
      return await operation();
    } catch (error) {
      await getOver(blame('destination', error), lane, pause);
    }
  }
}

/** Waits before another try; throws the fault where there is none to come. */
async function getOver(fault: StoreError, lane: LaneContext, pause: number): Promise<void> {
  lane.signal.throwIfAborted();
  // What is lost is not there for another try, but for another start.
  if (!fault.retryable || fault.code === 'lost') throw fault;
  assertPatience(lane, fault);
  lane.onFault(fault);
  await sleep(pause, undefined, { signal: lane.signal }).catch(() => lane.signal.throwIfAborted());
}

function assertPatience(lane: LaneContext, fault: StoreError): void {
  const { give_up_after } = lane.patience;
  if (Date.now() - lane.ledger.movedAt < give_up_after) return;
  const message = `no byte has moved for ${give_up_after / 1000} s: ${fault.message}`;
  throw new StoreError('stalled', message, { cause: fault, side: fault.side ?? 'source' });
}
