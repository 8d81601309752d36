import { AsyncLocalStorage } from 'node:async_hooks';
import { type Client, defaultGrpcRetryOptions, makeGrpcRetryInterceptor } from '@temporalio/client';
import { GRPC_STATUS } from './grpc-status.ts';

/** The longest time for a call to Temporal within a request; milliseconds. */
const MAX_CALL = 4000;
/** The longest time for all calls to Temporal of a request; milliseconds. */
const MAX_REQUEST = 10_000;

type Interceptor = ReturnType<typeof makeGrpcRetryInterceptor>;
type GrpcStatus = Parameters<ReturnType<typeof defaultGrpcRetryOptions>['retryableDecider']>[1];

interface RequestScope {
  readonly signal: AbortSignal;
  readonly id: string | null;
  /** When the time for its calls to Temporal is over; milliseconds since the epoch. */
  until: number;
}

const requests = new AsyncLocalStorage<RequestScope>();

/**
 * Runs work for a request that somebody waits for. Each call to Temporal in it ends within 4 s, and all
 * of them within 10 s. When `signal` is aborted, the calls that are under way end at once, and no further one
 * is made.
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
 * Waits for somebody else than Temporal. The time that passes does not count for the calls to Temporal of the
 * request, so that a slow store leaves them as much as they had.
 */
export async function asideOfTemporal<T>(work: Promise<T>): Promise<T> {
  const request = requests.getStore();
  if (request === undefined) return work;
  const left = request.until - Date.now();
  try {
    return await work;
  } finally {
    request.until = Math.max(request.until, Date.now() + left);
  }
}

/** Returns the id of the request for which this work is done, as its client sees it; `null` without one. */
export function requestId(): string | null {
  return requests.getStore()?.id ?? null;
}

/**
 * Repeats a failed call to Temporal if that may help, as the SDK does. Within a request it never waits past
 * the call's deadline, and does not repeat a call that Temporal cannot read.
 */
export const retries: Interceptor = (options, nextCall) => {
  const request = requests.getStore();
  if (request?.signal.aborted) throw new Error('nobody waits for this call to Temporal any more');
  const deadline = earlier(options.deadline, request && Math.min(Date.now() + MAX_CALL, request.until));
  const usual = defaultGrpcRetryOptions();
  let delay = 0;
  const retryableDecider = (attempt: number, status: GrpcStatus): boolean => {
    delay = usual.delayFunction(attempt, status);
    if (deadline !== undefined && Date.now() + delay >= deadline) return false;
    // Temporal answers so to a call that it cannot read: it is no use to repeat the call.
    const isUnreadable = status.code === GRPC_STATUS.unknown;
    if (request !== undefined && (request.signal.aborted || isUnreadable)) return false;
    return usual.retryableDecider(attempt, status);
  };
  const patient = makeGrpcRetryInterceptor({ delayFunction: () => delay, retryableDecider });
  return patient({ ...options, ...(deadline !== undefined && { deadline }) }, nextCall);
};

function earlier(deadline: Date | number | undefined, other: number | undefined): number | undefined {
  if (deadline === undefined) return other;
  return Math.min(Number(deadline), other ?? Number.POSITIVE_INFINITY);
}
