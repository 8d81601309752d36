import { Context } from '@temporalio/activity';

/** An attempt at a step that can be cut off from Temporal, as if its process were frozen. */
export interface Attempt {
  /** The workflow id of the run to which the attempt belongs. */
  readonly workflowId: string;
  readonly runId: string;
  readonly hasBeenFrozen: boolean;
  /** From now until `thawed` resolves, drops the attempt's heartbeats, and holds cancels back. */
  freeze(thawed: Promise<void>): void;
  /** Resolves as soon as the attempt is not frozen. Rejects if `thawed` rejects. */
  whenThawed(): Promise<void>;
}

const attempts = new WeakMap<Context, Attempt>();

/** Returns the current attempt. All calls within one attempt return the same object. */
export function presentAttempt(): Attempt {
  const context = Context.current();
  const known = attempts.get(context);
  if (known !== undefined) return known;
  const attempt = freezable(context);
  attempts.set(context, attempt);
  return attempt;
}

function freezable(context: Context): Attempt {
  const { cancelled } = context;
  const heartbeat = context.heartbeat.bind(context);
  const aborting = new AbortController();
  let thaw: Promise<void> | undefined;
  let isFrozen = false;
  let hasBeenFrozen = false;
  const heard = cancelled.catch(async (reason) => {
    await thaw;
    aborting.abort(reason);
    throw reason;
  });
  heard.catch(() => {});
  Object.assign(context, {
    heartbeat: (details: unknown) => isFrozen || heartbeat(details),
    cancelled: heard,
    cancellationSignal: aborting.signal,
  });
  return {
    workflowId: context.info.workflowExecution?.workflowId ?? '',
    runId: context.info.workflowExecution?.runId ?? '',
    get hasBeenFrozen() {
      return hasBeenFrozen;
    },
    freeze(thawed) {
      isFrozen = true;
      hasBeenFrozen = true;
      thaw = thawed.then(() => {
        isFrozen = false;
      });
      thaw.catch(() => {});
    },
    whenThawed: async () => thaw,
  };
}
