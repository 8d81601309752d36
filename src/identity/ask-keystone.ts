import { OpenStackError } from '../openstack/index.ts';
import { IdentityUnavailable } from './port.ts';

/** How long Keystone may take to answer; milliseconds. */
const PATIENCE = 10_000;

/**
 * Makes a call to Keystone with a time limit, because a client is waiting for the answer.
 * @throws IdentityUnavailable
 */
export async function askKeystone<T>(call: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const signal = AbortSignal.timeout(PATIENCE);
  try {
    return await call(signal);
  } catch (cause) {
    if (cause instanceof OpenStackError) throw new IdentityUnavailable(cause.message, { cause });
    if (!signal.aborted) throw cause;
    throw new IdentityUnavailable(`Keystone has not answered for ${PATIENCE / 1000} s`, { cause });
  }
}
