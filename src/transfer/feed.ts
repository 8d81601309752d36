import { getDefaultHighWaterMark } from 'node:stream';
import { KIB } from '../memory/index.ts';
import type { Ledger } from './ledger.ts';
import type { Staged } from './staging.ts';

/** The largest chunk to send; bytes. uwsgi, which serves most Glances, resets a connection at 1 MiB. */
const CHUNK = 256 * KIB;
/**
 * A socket sends a chunk of at least this size before it asks for the next chunk; bytes. Smaller chunks are
 * copied, because the socket may still hold them when their memory is used again.
 */
const SOCKET_BUFFER = getDefaultHighWaterMark(false);
/**
 * The number of bytes that are held back until all bytes are verified. Some of them are sent earlier, a few
 * at a time, while the source stalls.
 */
export const RESERVE = 64 * KIB;
/** The longest pause in an upload; milliseconds. By default, uwsgi allows 4 s, and Glance allows 10 s. */
const MAX_PAUSE = 1000;
/** Bytes that are sent after each `MAX_PAUSE` while the source stalls. The reserve then lasts for hours. */
const TRICKLE = 4;

/** The bytes that `feed` sends, and the functions by which it reports. */
export interface FeedOptions {
  readonly staging: Staged;
  /** The ranges that are in the staging. */
  readonly staged: Ledger;
  readonly size: number;
  /** Resolves when all bytes are staged and match the source. The last bytes are sent only after that. */
  readonly verified: Promise<unknown>;
  /** How long the destination may accept nothing; milliseconds. */
  readonly patience: number;
  readonly signal: AbortSignal;
  /**
   * Called when the destination has taken all bytes below an offset. A `trickle` was sent only to keep the
   * connection open.
   */
  readonly onSent: (upTo: number, kind: 'data' | 'trickle') => void;
  /** Called when the destination has accepted nothing for `patience`. */
  readonly onStalled: () => void;
}

/** Yields the bytes of an image in order, without long pauses. The last bytes wait until all are verified. */
export async function* feed(options: FeedOptions): AsyncGenerator<Uint8Array> {
  const { staging, staged, size, patience, signal, onSent } = options;
  let isVerified = false;
  // This is aborted when `verified` settles. A race against `verified` itself would leave one more handler on
  // it in each round.
  const settled = new AbortController();
  options.verified.then(
    () => {
      isVerified = true;
      settled.abort();
    },
    (error) => settled.abort(error),
  );
  const awake = AbortSignal.any([signal, settled.signal]);
  const sendable = (at: number) => (isVerified ? size : staged.watermark - RESERVE) - at;
  for (let at = 0; at < size; ) {
    if (sendable(at) <= 0) await staged.whenAbove(at + RESERVE, awake, MAX_PAUSE);
    // `awake` is aborted also when the bytes have proved to be right.
    (isVerified ? signal : awake).throwIfAborted();
    const kind = sendable(at) > 0 ? 'data' : 'trickle';
    // A trickle never sends the last staged byte: it may be the last byte of the image.
    const length =
      kind === 'data' ? Math.min(CHUNK, sendable(at)) : Math.min(TRICKLE, staged.watermark - 1 - at);
    if (length <= 0) continue;
    const bytes = await staging.read(at, at + length);
    const watchdog = setTimeout(options.onStalled, patience);
    try {
      yield bytes.length < SOCKET_BUFFER ? Buffer.from(bytes) : bytes;
    } finally {
      clearTimeout(watchdog);
      staging.free(bytes);
    }
    at += bytes.length;
    onSent(at, kind);
  }
}
