import { Agent, type Dispatcher } from 'undici';
import { OpenStackError } from './errors.ts';

/** How a service's TLS certificate is checked. */
export interface Trust {
  readonly verify: boolean;
  /** PEM; the only authorities, where it is given. */
  readonly ca: string | null;
}

/** Connections to a cloud's services: as many as are asked for, and no proxy. Times are in milliseconds. */
export function openAgent({ verify, ca }: Trust): Agent {
  return new Agent({
    // Lanes are connections of their own, and Glance's servers speak nothing else.
    allowH2: false,
    connect: { timeout: 10_000, rejectUnauthorized: verify, ...(ca !== null && { ca }) },
    headersTimeout: 60_000,
    bodyTimeout: 60_000,
  });
}

/** The origin and path of a call, below a service's address; no path leads out of its host. */
export function below(address: string, path: string): { readonly origin: string; readonly path: string } {
  const { origin, pathname } = new URL(address);
  return { origin, path: pathname.replace(/\/+$/, '') + path };
}

/**
 * Makes a call to a service.
 * @throws OpenStackError `unreachable`, or the signal's reason
 */
export async function reach<T>(
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

/** Waits for what others may be waiting for too, and no longer than the signal allows. */
export async function waitFor<T>(shared: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return shared;
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason);
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([shared, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

/** Reads an answer that is of no interest, so that its connection is free again. */
export async function discardBody({ body }: Dispatcher.ResponseData): Promise<void> {
  await body.dump({ limit: 65_536 }).catch(() => undefined);
}

/** A parser's error carries a piece of the answer, and with it, maybe, a token: only code and message go on. */
function withoutDetails(error: unknown): Error {
  const first: unknown = error instanceof AggregateError ? (error.errors[0] ?? error) : error;
  const { message, code } = first as { message?: unknown; code?: unknown };
  return Object.assign(new Error(String(message)), typeof code === 'string' && { code });
}
