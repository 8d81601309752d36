import { Context } from '@temporalio/activity';

/**
 * Cuts the current attempt of an activity off from Temporal until `thawed` resolves, as if its process were
 * frozen: no heartbeat leaves it, and no cancel reaches it.
 */
export function freeze(thawed: Promise<void>): void {
  const context = Context.current();
  const { cancelled, cancellationSignal } = context;
  const heartbeat = context.heartbeat.bind(context);
  const aborting = new AbortController();
  let isFrozen = true;
  const thaw = thawed.then(() => {
    isFrozen = false;
    const abort = () => aborting.abort(cancellationSignal.reason);
    if (cancellationSignal.aborted) abort();
    else cancellationSignal.addEventListener('abort', abort, { once: true });
  });
  const lateCancelled = thaw.then(() => cancelled);
  lateCancelled.catch(() => {});
  Object.assign(context, {
    heartbeat: (details: unknown) => isFrozen || heartbeat(details),
    cancelled: lateCancelled,
    cancellationSignal: aborting.signal,
  });
}
