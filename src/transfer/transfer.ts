import { addRange, type ByteRange, knownDigests } from '../image/index.ts';
import type { PartSink, StoreError } from '../stores/index.ts';
import { Ledger } from './ledger.ts';
import type { TransferOptions } from './options.ts';
import type { Run } from './run.ts';
import { moveToBlocks } from './to-blocks.ts';
import { moveToParts } from './to-parts.ts';
import { moveToStream } from './to-stream.ts';
import { type Copied, isMismatch } from './verify.ts';

/** A transfer that is under way. */
export interface Transfer {
  /** The ranges that the destination has. It becomes another ledger if the bytes are read a second time. */
  readonly ledger: Ledger;
  /** Bytes that this transfer has read from the source. */
  readonly read: number;
  /** `movedAt` of the ledgers: the time of the last progress; milliseconds since the epoch. */
  readonly movedAt: number;
  /** The last fault after which the transfer tries again; `null` if bytes were moved since. */
  readonly fault: StoreError | null;
  /** The name of the limit of bandwidth that holds this transfer back now; `null` if none does. */
  readonly heldBy: string | null;
  /** Sets a limit for this transfer alone; bytes a second, or `null` for none. */
  limitTo(rate: number | null): void;
  /**
   * Resolves when all bytes are durable at the destination. Rejects with a `StoreError`, or with another
   * error if the transfer was stopped.
   */
  readonly finished: Promise<Copied>;
  /** Stops after the chunks in flight; `finished` then rejects. Resolves when nothing is written any more. */
  stop(): Promise<void>;
}

/**
 * Moves the missing bytes of an image. Owns the reader, the sink, the spool and the memory, and closes them.
 * If the digest is wrong, reads all bytes once more: they may have been damaged on the way.
 */
export function startTransfer(options: TransferOptions): Transfer {
  let lastFault: { readonly fault: StoreError; readonly at: number } | undefined;
  const onFault = (fault: StoreError) => {
    lastFault = { fault, at: Date.now() };
  };
  let readBefore = 0;
  let isStopped = false;
  let run = startRun(options, onFault, {
    delivered: rangesAtDestination(options),
    staged: rangesIn(options.spool, options),
    movedAt: options.movedAt,
  });
  const moved = move(options, run).catch((error) => {
    if (isStopped || !isMismatch(error)) throw error;
    onFault(error);
    readBefore = run.staged.moved;
    run = startRun(options, onFault, { delivered: [], staged: [], movedAt: Date.now() });
    return move(options, run);
  });
  const movedAt = () => Math.max(run.staged.movedAt, run.delivered.movedAt);
  const finished = closeAllAfter(moved, options);
  const settled = finished.then(
    () => {},
    () => {},
  );
  return {
    get ledger() {
      return run.delivered;
    },
    get read() {
      return readBefore + run.staged.moved;
    },
    get movedAt() {
      return movedAt();
    },
    get fault() {
      return lastFault !== undefined && lastFault.at >= movedAt() ? lastFault.fault : null;
    },
    get heldBy() {
      return options.link.bandwidth.heldBy;
    },
    limitTo: (rate) => options.link.bandwidth.limitTo(rate),
    finished,
    stop() {
      isStopped = true;
      run.stop.abort(new Error('the transfer was stopped'));
      return settled;
    },
  };
}

/** The ranges with which a run begins, and the time when a byte was last moved. */
interface Start {
  readonly delivered: readonly ByteRange[];
  readonly staged: readonly ByteRange[];
  readonly movedAt: number;
}

function startRun({ sink }: TransferOptions, onFault: Run['onFault'], start: Start): Run {
  const delivered = new Ledger(start.delivered, start.movedAt);
  const staged = sink.kind === 'parts' ? delivered : new Ledger(start.staged, start.movedAt);
  return { delivered, staged, stop: new AbortController(), onFault };
}

/**
 * Returns the ranges that the destination has already. A stream keeps nothing of an unfinished upload. For a
 * sink of parts, the ranges that an earlier attempt has reported count too, if a digest can verify the copy.
 */
function rangesAtDestination(options: TransferOptions): readonly ByteRange[] {
  const { sink } = options;
  switch (sink.kind) {
    case 'stream':
      return [];
    case 'blocks':
      return sink.received;
    case 'parts': {
      const reported = isVerifiable(options) ? options.reported : [];
      return rangesIn(sink, options).reduce(addRange, reported);
    }
  }
}

/**
 * Returns the ranges that a file has already. A loss of power may have destroyed some of them. If no digest
 * can show that, returns only those that survive a loss of power.
 */
function rangesIn(file: PartSink | null, options: TransferOptions): readonly ByteRange[] {
  return (isVerifiable(options) ? file?.received : file?.durable) ?? [];
}

function isVerifiable({ expected }: TransferOptions): boolean {
  return knownDigests(expected).length > 0;
}

function move(options: TransferOptions, run: Run): Promise<Copied> {
  const { sink } = options;
  switch (sink.kind) {
    case 'parts':
      return moveToParts(options, sink, run);
    case 'blocks':
      return moveToBlocks(options, sink, run);
    case 'stream':
      return moveToStream(options, sink, run);
  }
}

async function closeAllAfter(
  moved: Promise<Copied>,
  { reader, sink, spool, memory }: TransferOptions,
): Promise<Copied> {
  try {
    return await moved;
  } finally {
    await Promise.allSettled([reader.close(), sink.close(), spool?.close(), memory.close()]);
  }
}
