import { OpenStackError } from '../openstack/index.ts';
import { IdentityUnavailable } from './port.ts';

/** How long Keystone has to answer; milliseconds. */
const PATIENCE = 10_000;

/**
 * Asks Keystone, and gives up soon enough for a request that waits for the answer.
 * @throws IdentityUnavailable
 */
export async function asking<T>(call: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const signal = AbortSignal.timeout(PATIENCE);
  try {
    return await call(signal);
  } catch (cause) {
    if (cause instanceof OpenStackError) throw new IdentityUnavailable(cause.message, { cause });
    if (!signal.aborted) throw cause;
    throw new IdentityUnavailable(`Keystone has not answered for ${PATIENCE / 1000} s`, { cause });
  }
}
