import { getDefaultHighWaterMark } from 'node:stream';
import { KIB } from '../memory/index.ts';
import type { Ledger } from './ledger.ts';
import type { Staged } from './staging.ts';

/** uwsgi, before most Glances, resets a connection whose HTTP chunk has 1 MiB. */
const CHUNK = 256 * KIB;
/** A socket asks for more when it has sent a chunk, or put one aside that is smaller than this. */
const SOCKET_BUFFER = getDefaultHighWaterMark(false);
/** What is kept back for a time in which the source stalls, and at the end until the bytes are verified. */
export const RESERVE = 64 * KIB;
/** An upload that pauses is broken off: after 4 s by uwsgi's own default, after 10 s by Glance's. */
const MAX_PAUSE = 1000;
/** A reserve of so few bytes a second lasts for hours. */
const TRICKLE = 4;

export interface FeedOptions {
  readonly staging: Staged;
  /** What the staging has. */
  readonly staged: Ledger;
  readonly size: number;
  /** Resolves when all bytes are staged and found to be the source's: only then the last ones go. */
  readonly verified: Promise<unknown>;
  /** How long the destination may take nothing; milliseconds. */
  readonly patience: number;
  readonly signal: AbortSignal;
  /** The destination has taken all bytes below; `moving` is false for what is only to keep it waiting. */
  readonly onSent: (at: number, moving: boolean) => void;
  /** The destination has taken nothing for too long. */
  readonly onStalled: () => void;
}

/**
 * The bytes of an image in order, never with a long pause, and never the last ones before they are verified.
 */
export async function* feed(options: FeedOptions): AsyncGenerator<Uint8Array> {
  const { staging, staged, size, patience, signal, onSent } = options;
  let isVerified = false;
  // A race against `verified` would leave something behind on it each time, until it settles at the very end.
  const settled = new AbortController();
  options.verified.then(
    () => {
      isVerified = true;
      settled.abort();
    },
    (error) => settled.abort(error),
  );
  const awake = AbortSignal.any([signal, settled.signal]);
  const free = (at: number) => (isVerified ? size : staged.watermark - RESERVE) - at;
  for (let at = 0; at < size; ) {
    if (free(at) <= 0) await staged.above(at + RESERVE, awake, MAX_PAUSE);
    if (!isVerified) awake.throwIfAborted();
    signal.throwIfAborted();
    const moving = free(at) > 0;
    const length = moving ? Math.min(CHUNK, free(at)) : Math.min(TRICKLE, staged.watermark - 1 - at);
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
    onSent(at, moving);
  }
}
