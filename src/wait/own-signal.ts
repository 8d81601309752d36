/**
 * Runs work with a signal of its own, which is aborted with `outer`. For work that never removes its
 * listeners from a signal: they would add up on a signal that serves many calls.
 */
export async function withOwnSignal<T>(
  outer: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const own = new AbortController();
  const stop = () => own.abort(outer.reason);
  if (outer.aborted) stop();
  outer.addEventListener('abort', stop, { once: true });
  try {
    return await work(own.signal);
  } finally {
    outer.removeEventListener('abort', stop);
  }
}
