import type { UserCredential } from '../openstack/index.ts';
import { StoreError } from '../stores/index.ts';
import { outsideTemporalDeadline } from '../temporal/index.ts';
import { withinTime } from '../wait/index.ts';
import { JobError } from './errors.ts';

/** The longest time for which a caller waits for a store; milliseconds. */
const PATIENCE = 10_000;

/**
 * Returns a store's answer. The deadline of the request's calls to Temporal moves by the time that the answer
 * takes.
 * @throws StoreError `unavailable` if the store has not answered after 10 s
 */
export async function answered<T>(call: Promise<T>): Promise<T> {
  const silence = () => new StoreError('unavailable', `it has not answered for ${PATIENCE / 1000} s`);
  return outsideTemporalDeadline(withinTime(call, PATIENCE, silence));
}

/**
 * Turns the error of a store into the error for the caller. Any other error is returned as it is.
 * @param user the caller's own credential, if the store was asked with it
 */
export function jobErrorOf(region: string, error: unknown, user?: UserCredential): unknown {
  if (!(error instanceof StoreError)) return error;
  const { code, message, cause } = error;
  if (code === 'not_found') return new JobError('image_not_found', message, { cause });
  if (code === 'quota_exceeded') return new JobError('quota_exceeded', message, { cause });
  if (code === 'forbidden' && user !== undefined) return new JobError('forbidden', message, { cause });
  if (code === 'unavailable' || code === 'forbidden') {
    return new JobError('unavailable', `region ${region}: ${message}`, { cause });
  }
  return new JobError('image_conflict', message, { cause });
}
