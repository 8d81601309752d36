import { waitFor } from './wait-for.ts';

/**
 * Waits for a promise. If it has not settled in time, throws the error that `late` returns; the work behind
 * the promise may go on.
 */
export async function withinTime<T>(
  promise: Promise<T>,
  milliseconds: number,
  late: () => Error,
): Promise<T> {
  const timeout = new AbortController();
  const timer = setTimeout(() => timeout.abort(late()), milliseconds);
  try {
    return await waitFor(promise, timeout.signal);
  } finally {
    clearTimeout(timer);
  }
}
