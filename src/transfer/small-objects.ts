import { pMapIterable } from 'p-map';
import { MIB } from '../memory/index.ts';
import { atSide, blame, type ObjectEntry, type ObjectStore, StoreError } from '../stores/index.ts';
import { delayOf, pause } from './bandwidth.ts';
import { inLane } from './endpoint.ts';
import type { Link } from './links.ts';
import type { Memory } from './memory.ts';
import { openObjectMemory } from './object-memory.ts';

/** How many that are done may wait behind one that takes its time. */
const LOOKAHEAD = 64;

/** What became of an object. */
export interface ObjectOutcome {
  readonly path: string;
  /** Bytes that were moved; none where there was a fault. */
  readonly bytes: number;
  /** Why it could not be moved; `null` where it was. */
  readonly fault: StoreError | null;
  /** It has arrived without some of its attributes, which the destination cannot hold. */
  readonly isIncomplete?: true;
  /** It is an empty folder, which was left out. */
  readonly isFolder?: true;
}

export interface MoveOptions {
  readonly source: Pick<ObjectStore, 'read'>;
  readonly destination: Pick<ObjectStore, 'write' | 'loses'>;
  /** Tells where the object with this path goes. */
  readonly destinationPath: (path: string) => string;
  /** From so many bytes on an object is not a small one. */
  readonly largest: number;
  /** Whether a fault concerns all objects, and not only the one that has met it. */
  readonly endsAll: (fault: StoreError) => boolean;
  /** What they share with others. */
  readonly link: Link;
  readonly memory: Memory;
  /** Is told that they have to wait for memory. */
  readonly onWait: () => void;
  readonly signal: AbortSignal;
}

/**
 * Moves small objects, several at a time, each one whole or not at all, and yields the outcome of each in the
 * order of the list. Throws a fault that concerns all of them, or the signal's reason. However it ends,
 * nothing comes to the destination any more when it has ended.
 */
export async function* moveObjects(
  entries: AsyncIterable<ObjectEntry>,
  options: MoveOptions,
): AsyncGenerator<ObjectOutcome> {
  const { largest, link } = options;
  // Two of the largest can be on their way at once; and the smaller they are, the more of them.
  const demand = { least: 2 * largest, wanted: 4 * largest };
  const grant = await options.memory.take(demand, options.signal, options.onWait);
  const concurrency = Math.min(Math.max(link.maxLanes.from, link.maxLanes.to), grant.bytes / (4 * MIB));
  const memory = openObjectMemory(concurrency, grant.bytes);
  const stop = new AbortController();
  const signal = AbortSignal.any([options.signal, stop.signal]);
  const underWay = new Set<Promise<unknown>>();
  const move = (entry: ObjectEntry) => {
    const size = Math.min(entry.size, largest);
    const moving = memory.lend(size, (into) => moveObject(entry, into, { ...options, signal }));
    underWay.add(moving);
    const forget = () => underWay.delete(moving);
    moving.then(forget, forget);
    return moving;
  };
  try {
    const outcomes = pMapIterable(entries, move, { concurrency, backpressure: LOOKAHEAD });
    for await (const outcome of outcomes) {
      options.signal.throwIfAborted();
      yield outcome;
    }
  } finally {
    stop.abort(new Error('the objects are moved no further'));
    await Promise.allSettled(underWay);
    memory.close();
    await grant.close();
  }
}

async function moveObject(
  { path, size, fault, isFolder }: ObjectEntry,
  into: Uint8Array,
  { source, destination, destinationPath, largest, endsAll, link, signal }: MoveOptions,
): Promise<ObjectOutcome> {
  try {
    signal.throwIfAborted();
    if (fault !== undefined) throw fault;
    if (isFolder) return { path, bytes: 0, fault: null, isFolder };
    if (size >= largest) throw new StoreError('changed', 'it has grown while the task was running');
    const { size: bytes, attributes } = await inLane(link.from, signal, size, () =>
      atSide('source', () => source.read(path, into, signal)),
    );
    const data = into.subarray(0, bytes);
    await pause(delayOf(link.limits, bytes), signal);
    await inLane(link.to, signal, bytes, () =>
      atSide('destination', () => destination.write(destinationPath(path), data, signal, attributes)),
    );
    return { path, bytes, fault: null, ...(destination.loses(attributes) && { isIncomplete: true }) };
  } catch (error) {
    signal.throwIfAborted();
    const met = blame('source', error);
    if (endsAll(met)) throw met;
    return { path, bytes: 0, fault: met };
  }
}
