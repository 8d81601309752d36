import type { Dispatcher } from 'undici';
import { OpenStackError } from './errors.ts';

/** Returns the origin and path of a call below a service's address. No path leads to another host. */
export function urlBelow(address: string, path: string): { readonly origin: string; readonly path: string } {
  const { origin, pathname } = new URL(address);
  return { origin, path: pathname.replace(/\/+$/, '') + path };
}

/**
 * Makes a call to a service, and turns its errors into OpenStackError.
 * @throws OpenStackError `unreachable`, or the signal's reason
 */
export async function callService<T>(
  service: string,
  signal: AbortSignal | undefined,
  call: () => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted();
  try {
    return await call();
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    throw new OpenStackError('unreachable', `${service} does not answer`, { cause: withoutDetails(error) });
  }
}

/** Reads and drops an answer's body, so that its connection can be used again. */
export async function discardBody({ body }: Dispatcher.ResponseData): Promise<void> {
  await body.dump({ limit: 65_536 }).catch(() => undefined);
}

/**
 * Keeps only the code and the message of an error. A parser's error also has a piece of the answer, and a
 * token may be in it.
 */
function withoutDetails(error: unknown): Error {
  const first: unknown = error instanceof AggregateError ? (error.errors[0] ?? error) : error;
  const { message, code } = first as { message?: unknown; code?: unknown };
  return Object.assign(new Error(String(message)), typeof code === 'string' && { code });
}
