import { pMapIterable } from 'p-map';
import { MIB } from '../memory/index.ts';
import {
  atSide,
  blame,
  type Confirm,
  type ObjectEntry,
  type ObjectStore,
  StoreError,
} from '../stores/index.ts';
import { whileWaiting } from '../wait/index.ts';
import { inLane } from './in-lane.ts';
import type { Link } from './links.ts';
import type { Memory } from './memory.ts';
import { openObjectMemory } from './object-memory.ts';

/** Outcomes come in the order of the list. At most this many wait for the outcome of a slow object. */
const LOOKAHEAD = 64;

/** The outcome of moving one object. */
export interface ObjectOutcome {
  readonly path: string;
  /** Bytes that were moved; 0 if there was a fault. */
  readonly bytes: number;
  /** The reason why the object could not be moved; `null` if it was moved. */
  readonly fault: StoreError | null;
  /** Present if the object has lost attributes that the destination cannot hold. */
  readonly isIncomplete?: true;
  /** Present if the entry is an empty folder, which was left out. */
  readonly isFolder?: true;
}

export interface MoveOptions {
  readonly source: Pick<ObjectStore, 'read'>;
  readonly destination: Pick<ObjectStore, 'write' | 'loses'>;
  /** Returns the path at the destination for an object's path. */
  readonly destinationPath: (path: string) => string;
  /** An object of this many bytes or more is not a small one. */
  readonly largest: number;
  /** Tells whether a fault concerns all objects, and not only the one that was being moved. */
  readonly endsAll: (fault: StoreError) => boolean;
  /** The lanes and limits that the objects share with copies. */
  readonly link: Link;
  readonly memory: Memory;
  /** Called every second while the objects wait for memory, or one of them for a limit of bandwidth. */
  readonly onWait: () => void;
  readonly signal: AbortSignal;
  /** Rejects if the objects must not be moved any more. Called right before each one is put at its path. */
  readonly confirm: Confirm;
}

/**
 * Moves small objects, several at a time, each one whole or not at all. Yields their outcomes in the order of
 * the list. Throws a fault that concerns all of them, or the signal's reason. Once the generator has ended,
 * nothing is written to the destination any more.
 */
export async function* moveEachObject(
  entries: AsyncIterable<ObjectEntry>,
  options: MoveOptions,
): AsyncGenerator<ObjectOutcome> {
  const { largest, link } = options;
  // This is enough for two of the largest objects at a time, or for many smaller ones.
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
    stop.abort(new Error('no more objects are moved'));
    await Promise.allSettled(underWay);
    memory.close();
    await grant.close();
  }
}

async function moveObject(
  { path, size, fault, isFolder }: ObjectEntry,
  into: Uint8Array,
  { source, destination, destinationPath, largest, endsAll, link, onWait, signal, confirm }: MoveOptions,
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
    const held = link.bandwidth.pass(bytes, signal);
    if (held !== undefined) await whileWaiting(held, onWait);
    await inLane(link.to, signal, bytes, () =>
      atSide('destination', () =>
        destination.write(destinationPath(path), data, signal, attributes, confirm),
      ),
    );
    return { path, bytes, fault: null, ...(destination.loses(attributes) && { isIncomplete: true }) };
  } catch (error) {
    signal.throwIfAborted();
    const found = blame('source', error);
    if (endsAll(found)) throw found;
    return { path, bytes: 0, fault: found };
  }
}
