import { addRange, type ByteRange, planParts } from '../image/index.ts';
import { atSide, type PartReader, type PartSink, StoreError } from '../stores/index.ts';
import type { DigestPool } from './digest-pool.ts';
import { followDigest } from './follow-digest.ts';
import { type Patience, runLane } from './lane.ts';
import { Ledger } from './ledger.ts';

export interface TransferOptions {
  readonly reader: PartReader;
  readonly sink: PartSink;
  /** Bytes of the image. */
  readonly size: number;
  /** Lower-case hexadecimal digest that the data has to have, where it is known. */
  readonly sha512: string | null;
  /** What an earlier attempt has reported as moved; what the sink itself has received counts too. */
  readonly reported: readonly ByteRange[];
  /** When a byte was last moved; milliseconds since the epoch. */
  readonly movedAt: number;
  /** How many parts are read at the same time. */
  readonly lanes: number;
  readonly patience: Patience;
  readonly digests: DigestPool;
}

/** A transfer that is under way. */
export interface Transfer {
  readonly ledger: Ledger;
  /** What it is trying to get over; `null` when something has moved since. */
  readonly fault: StoreError | null;
  /** The digest of all bytes at the destination, when they are there to stay. Rejects with a `StoreError`, unless it was stopped. */
  readonly finished: Promise<{ readonly sha512: string }>;
  /** Stops after the chunks in flight; `finished` then rejects. Resolves when nothing is written any more. */
  stop(): Promise<void>;
}

/**
 * Moves the missing bytes of an image: lanes read parts and write them where they belong, while the digest
 * follows behind them. Owns the reader and the sink, and closes both.
 */
export function startTransfer(options: TransferOptions): Transfer {
  const inherited = options.sink.received.reduce(addRange, options.reported);
  const ledger = new Ledger(inherited, options.movedAt);
  const stop = new AbortController();
  let met: { readonly fault: StoreError; readonly at: number } | undefined;
  const finished = run(options, ledger, stop, (fault) => {
    met = { fault, at: Date.now() };
  });
  const settled = finished.then(
    () => {},
    () => {},
  );
  return {
    ledger,
    get fault() {
      return met !== undefined && met.at >= ledger.movedAt ? met.fault : null;
    },
    finished,
    stop() {
      stop.abort(new Error('the transfer was stopped'));
      return settled;
    },
  };
}

async function run(
  options: TransferOptions,
  ledger: Ledger,
  stop: AbortController,
  onFault: (fault: StoreError) => void,
): Promise<{ sha512: string }> {
  const { reader, sink, size, patience } = options;
  const digest = options.digests.create();
  const inherited = ledger.bytes;
  const queue = [...planParts(size, ledger.ranges)];
  const lane = { reader, sink, ledger, patience, signal: stop.signal, onFault };
  const lanes = Array.from({ length: Math.min(options.lanes, queue.length) }, () => runLane(queue, lane));
  const flushed = Promise.all(lanes).then(() => atSide('destination', () => sink.flush()));
  const hashed = followDigest(sink, ledger, size, digest, stop.signal);
  try {
    const [sha512] = await Promise.all([hashed, flushed]);
    if (options.sha512 !== null && sha512 !== options.sha512) {
      ledger.clear();
      await atSide('destination', () => sink.reset());
      throw mismatch(options.sha512, sha512, inherited > 0);
    }
    return { sha512 };
  } catch (error) {
    stop.abort(error);
    await Promise.allSettled([...lanes, flushed, hashed]);
    digest.drop();
    throw error;
  } finally {
    await Promise.allSettled([reader.close(), sink.close()]);
  }
}

/** After a loss of power a disk may not have what an earlier attempt wrote: that deserves a new start. */
function mismatch(expected: string, actual: string, resumed: boolean): StoreError {
  const message = `the copy's sha512 is ${actual.slice(0, 16)}…, its record says ${expected.slice(0, 16)}…`;
  if (resumed) return new StoreError('lost', `${message}; starting over`, { side: 'destination' });
  return new StoreError('digest_mismatch', message, { side: 'source' });
}
