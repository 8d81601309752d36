import { addRange, type ByteRange, knownDigests } from '../image/index.ts';
import type { PartSink, StoreError } from '../stores/index.ts';
import { moveBlocks } from './blocks.ts';
import { Ledger } from './ledger.ts';
import type { TransferOptions } from './options.ts';
import { moveParts } from './parts.ts';
import type { Run } from './run.ts';
import { moveStream } from './stream.ts';
import { type Copied, isMismatch } from './verify.ts';

/** A transfer that is under way. */
export interface Transfer {
  /** What the destination has. Another one once the bytes are read again. */
  readonly ledger: Ledger;
  /** Bytes that were read from the source here. */
  readonly read: number;
  /** When a byte was last moved; milliseconds since the epoch. */
  readonly movedAt: number;
  /** What it is trying to get over; `null` when something has moved since. */
  readonly fault: StoreError | null;
  /**
   * Resolves when all bytes are at the destination to stay. Rejects with a `StoreError`, unless it was
   * stopped.
   */
  readonly finished: Promise<Copied>;
  /** Stops after the chunks in flight; `finished` then rejects. Resolves when nothing is written any more. */
  stop(): Promise<void>;
}

/**
 * Moves the missing bytes of an image. Owns the reader, the sink, the spool and the memory, and closes them.
 * Bytes that turn out not to be the source's are read again, once: they may have come to harm on their way.
 */
export function startTransfer(options: TransferOptions): Transfer {
  let met: { readonly fault: StoreError; readonly at: number } | undefined;
  const onFault = (fault: StoreError) => {
    met = { fault, at: Date.now() };
  };
  let readBefore = 0;
  let isStopped = false;
  let run = runFrom(options, inherited(options), kept(options.spool, options), options.movedAt, onFault);
  const moved = move(options, run).catch((error) => {
    if (isStopped || !isMismatch(error)) throw error;
    onFault(error);
    readBefore = run.staged.moved;
    run = runFrom(options, [], [], Date.now(), onFault);
    return move(options, run);
  });
  const finished = closing(options, moved);
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
      return Math.max(run.staged.movedAt, run.delivered.movedAt);
    },
    get fault() {
      return met !== undefined && met.at >= run.staged.movedAt ? met.fault : null;
    },
    finished,
    stop() {
      isStopped = true;
      run.stop.abort(new Error('the transfer was stopped'));
      return settled;
    },
  };
}

/** A run that begins with what is delivered, and what is staged, already. */
function runFrom(
  { sink }: TransferOptions,
  deliveredRanges: readonly ByteRange[],
  stagedRanges: readonly ByteRange[],
  movedAt: number,
  onFault: Run['onFault'],
): Run {
  const delivered = new Ledger(deliveredRanges, movedAt);
  const staged = sink.kind === 'parts' ? delivered : new Ledger(stagedRanges, movedAt);
  return { delivered, staged, stop: new AbortController(), onFault };
}

/** What the destination has already: of a stream nothing stays, and of blocks only it can tell. */
function inherited(options: TransferOptions): readonly ByteRange[] {
  const { sink, reported } = options;
  if (sink.kind === 'stream') return [];
  if (sink.kind === 'blocks') return sink.received;
  return kept(sink, options).reduce(addRange, isVerifiable(options) ? reported : []);
}

/**
 * What a file has already. Where no digest finds out what a loss of power has taken, only what it cannot
 * take.
 */
function kept(file: PartSink | null, options: TransferOptions): readonly ByteRange[] {
  return (isVerifiable(options) ? file?.received : file?.durable) ?? [];
}

function isVerifiable({ expected }: TransferOptions): boolean {
  return knownDigests(expected).length > 0;
}

function move(options: TransferOptions, run: Run): Promise<Copied> {
  const { sink } = options;
  if (sink.kind === 'parts') return moveParts(options, sink, run);
  return sink.kind === 'blocks' ? moveBlocks(options, sink, run) : moveStream(options, sink, run);
}

async function closing(
  { reader, sink, spool, memory }: TransferOptions,
  moved: Promise<Copied>,
): Promise<Copied> {
  try {
    return await moved;
  } finally {
    await Promise.allSettled([reader.close(), sink.close(), spool?.close(), memory.close()]);
  }
}
