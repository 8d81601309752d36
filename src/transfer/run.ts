import type { StoreError } from '../stores/index.ts';
import type { Digest } from './digest-pool.ts';
import type { Ledger } from './ledger.ts';
import { type Copied, isBadData } from './verify.ts';

/**
 * The state that a transfer shares with the function that moves its bytes: `moveToParts`, `moveToBlocks` or
 * `moveToStream`.
 */
export interface Run {
  /** The ranges that the destination has. */
  readonly delivered: Ledger;
  /** The ranges that were read. It is the same ledger as `delivered` if the destination is the staging. */
  readonly staged: Ledger;
  readonly stop: AbortController;
  /** Called with each fault after which a lane tries again. */
  readonly onFault: (fault: StoreError) => void;
}

/** The work that `moveToParts`, `moveToBlocks` or `moveToStream` has started. */
export interface Started<Result = Copied> {
  /** Resolves when all bytes are verified. They are durable once `others` have resolved too. */
  readonly copied: Promise<Result>;
  /** The other promises (lanes, the digest, an upload) that MUST settle before the memory is given back. */
  readonly others: readonly Promise<unknown>[];
  readonly digest: Digest;
  /** Forgets all bytes, so that every later attempt starts over. */
  forget(): Promise<void>;
  /** Gives the memory back. */
  close(): void | Promise<void>;
}

/**
 * Waits until all started work has ended, and gives the memory back. The first error stops the rest. After an
 * error, forgets bytes that are of no use to another attempt, and throws the reason of the stop.
 */
export async function settle<Result>({ stop }: Run, started: Started<Result>): Promise<Result> {
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
