import { ApplicationFailure, CancelledFailure, log } from '@temporalio/activity';
import type { Fault } from '../src/copy-job/index.ts';
import { InvalidRequest } from '../src/copy-job/plan.ts';
import { StoreError } from '../src/stores/index.ts';

/**
 * Turns an error of ours into a failure of Temporal's; this is the only place that does. The failure's type
 * is the error's code. Its first detail is the fault, its second the progress. The cause goes only to the
 * worker's log, because many people read histories.
 * @param standing milliseconds for which the step has made no progress
 * @param patience milliseconds without progress after which the step is given up; if infinite, everything is
 * tried again
 */
export function toFailure(error: unknown, standing: number, patience: number, progress?: unknown): Error {
  if (error instanceof CancelledFailure || error instanceof ApplicationFailure) return error;
  const fault = faultOf(error);
  const passing = !(error instanceof InvalidRequest) && (!(error instanceof StoreError) || error.retryable);
  const givenUp = passing && standing >= patience;
  log.warn('step failed', { fault, passing, error: error instanceof StoreError ? error.cause : error });
  return ApplicationFailure.create({
    type: fault.code,
    message: givenUp ? `given up after ${Math.round(standing / 1000)} s: ${fault.message}` : fault.message,
    nonRetryable: Number.isFinite(patience) && (!passing || givenUp),
    details: progress === undefined ? [fault] : [fault, progress],
  });
}

/** Turns an error into a fault that a tenant may read. */
export function faultOf(error: unknown): Fault {
  if (error instanceof StoreError) return { code: error.code, side: error.side, message: error.message };
  if (error instanceof InvalidRequest) return { code: error.code, side: null, message: error.message };
  return { code: 'internal', side: null, message: 'an unexpected error of the worker, whose log tells more' };
}
