import { AsyncLocalStorage } from 'node:async_hooks';
import { type Client, defaultGrpcRetryOptions, makeGrpcRetryInterceptor } from '@temporalio/client';
import { GRPC_STATUS } from './grpc-status.ts';

/** The longest time for one call to Temporal within a request; milliseconds. */
const MAX_CALL = 4000;
/** The longest time for all calls to Temporal within a request; milliseconds. */
const MAX_REQUEST = 10_000;

type Interceptor = ReturnType<typeof makeGrpcRetryInterceptor>;
type GrpcStatus = Parameters<ReturnType<typeof defaultGrpcRetryOptions>['retryableDecider']>[1];

interface RequestScope {
  readonly signal: AbortSignal;
  readonly id: string | null;
  /** The time by which the request's calls to Temporal have to end; milliseconds since the epoch. */
  until: number;
}

const requests = new AsyncLocalStorage<RequestScope>();

/**
 * Runs the work of a request whose client is waiting. Each call to Temporal in it ends within 4 s, and all of
 * them within 10 s. When `signal` is aborted, the running calls end at once, and no further call is made.
 */
export async function forRequest<T>(
  client: Client,
  signal: AbortSignal,
  work: () => Promise<T>,
  id: string | null = null,
): Promise<T> {
  const until = Date.now() + MAX_REQUEST;
  return requests.run({ signal, id, until }, () => client.withAbortSignal(signal, work));
}

/**
 * Waits for work that does not call Temporal, such as a look at a slow store. The deadline of the request's
 * calls to Temporal moves by the time that the work takes.
 */
export async function outsideTemporalDeadline<T>(work: Promise<T>): Promise<T> {
  const request = requests.getStore();
  if (request === undefined) return work;
  const left = request.until - Date.now();
  try {
    return await work;
  } finally {
    request.until = Math.max(request.until, Date.now() + left);
  }
}

/** Returns the id of the current request, as its client sees it; `null` outside of a request. */
export function requestId(): string | null {
  return requests.getStore()?.id ?? null;
}

/**
 * Retries a failed call to Temporal as the SDK's own interceptor does, with two differences. It does not
 * begin a retry that would come after the call's deadline. Within a request, it does not retry a call that
 * Temporal could not parse.
 */
export const retryInterceptor: Interceptor = (options, nextCall) => {
  const request = requests.getStore();
  if (request?.signal.aborted) throw new Error('nobody waits for this call to Temporal any more');
  const deadline = earlier(options.deadline, request && Math.min(Date.now() + MAX_CALL, request.until));
  const usual = defaultGrpcRetryOptions();
  // Each call of `usual.delayFunction` returns another delay. So the decider calls it, and keeps the delay.
  let delay = 0;
  const retryableDecider = (attempt: number, status: GrpcStatus): boolean => {
    delay = usual.delayFunction(attempt, status);
    if (deadline !== undefined && Date.now() + delay >= deadline) return false;
    // The status of a call that Temporal cannot parse, for example because of a malformed page token.
    const isUnreadable = status.code === GRPC_STATUS.unknown;
    if (request !== undefined && (request.signal.aborted || isUnreadable)) return false;
    return usual.retryableDecider(attempt, status);
  };
  const retrying = makeGrpcRetryInterceptor({ delayFunction: () => delay, retryableDecider });
  return retrying({ ...options, ...(deadline !== undefined && { deadline }) }, nextCall);
};

function earlier(deadline: Date | number | undefined, other: number | undefined): number | undefined {
  if (deadline === undefined) return other;
  return Math.min(Number(deadline), other ?? Number.POSITIVE_INFINITY);
}
