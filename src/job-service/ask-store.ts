import { setTimeout as sleep } from 'node:timers/promises';
import type { UserCredential } from '../openstack/index.ts';
import { StoreError } from '../stores/index.ts';
import { JobError } from './errors.ts';

/** A caller does not wait for longer than this for a store; milliseconds. */
const PATIENCE = 10_000;

/** What a store answers, unless it takes too long. */
export async function answered<T>(call: Promise<T>): Promise<T> {
  const patience = new AbortController();
  const silence = sleep(PATIENCE, undefined, { signal: patience.signal }).then(() => {
    throw new StoreError('unavailable', `it has not answered for ${PATIENCE / 1000} s`);
  });
  silence.catch(() => {});
  try {
    return await Promise.race([call, silence]);
  } finally {
    patience.abort();
  }
}

/** What a store's error means to whoever has asked, by `user` on their own behalf. */
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
