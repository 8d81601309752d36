import { waitFor } from './wait-for.ts';

/**
 * Waits for a promise, but no longer than so many milliseconds: then throws the error of `late`. The work
 * behind the promise may go on.
 */
export async function withinTime<T>(
  promise: Promise<T>,
  milliseconds: number,
  late: () => Error,
): Promise<T> {
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(late()), milliseconds);
  try {
    return await waitFor(promise, patience.signal);
  } finally {
    clearTimeout(timer);
  }
}
