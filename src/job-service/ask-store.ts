import { withinTime } from '../http/index.ts';
import type { UserCredential } from '../openstack/index.ts';
import { StoreError } from '../stores/index.ts';
import { asideOfTemporal } from '../temporal/index.ts';
import { JobError } from './errors.ts';

/** The longest that a caller waits for a store; milliseconds. */
const PATIENCE = 10_000;

/**
 * Returns the answer of a store.
 * @throws StoreError `unavailable` if it takes longer than 10 s
 */
export async function answered<T>(call: Promise<T>): Promise<T> {
  const silence = () => new StoreError('unavailable', `it has not answered for ${PATIENCE / 1000} s`);
  return asideOfTemporal(withinTime(call, PATIENCE, silence));
}

/**
 * Turns the error of a store into the error for the caller. Any other error is returned as it is.
 * @param user the caller as a user of the cloud, if the store was asked on the caller's own behalf
 */
export function refusal(region: string, error: unknown, user?: UserCredential): unknown {
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
