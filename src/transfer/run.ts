import type { StoreError } from '../stores/index.ts';
import type { Digest } from './digest-pool.ts';
import type { Ledger } from './ledger.ts';
import { type Copied, isBadData } from './verify.ts';

/** What a transfer shares with the one of the three ways in which it moves bytes. */
export interface Run {
  /** What the destination has. */
  readonly delivered: Ledger;
  /** What was read; the same ledger where what was read is delivered at once. */
  readonly staged: Ledger;
  readonly stop: AbortController;
  /** Is told of a fault that a lane is trying to get over. */
  readonly onFault: (fault: StoreError) => void;
}

/** What one of the three ways has started. */
export interface Started {
  /** Resolves when all bytes are at the destination to stay, and are verified. */
  readonly copied: Promise<Copied>;
  /** What else has to settle before the memory may be given back: lanes, the digest, an upload. */
  readonly others: readonly Promise<unknown>[];
  readonly digest: Digest;
  /** Makes every later attempt start over. */
  forget(): Promise<void>;
  /** Gives the memory back. */
  close(): void | Promise<void>;
}

/**
 * Waits until all that was started has come to its end. The first error stops all of it. When all have
 * settled, bytes that are not the source's are forgotten, and the reason for the stop is thrown.
 */
export async function settle({ stop }: Run, started: Started): Promise<Copied> {
  const { copied, others, digest, forget, close } = started;
  try {
    const [result] = await Promise.all([copied, ...others]);
    return result;
  } catch (error) {
    stop.abort(error);
    await Promise.allSettled([copied, ...others]);
    digest.drop();
    const { reason } = stop.signal;
    if (isBadData(reason)) await forget();
    throw reason;
  } finally {
    await close();
  }
}
