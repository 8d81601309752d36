import { ApplicationFailure, CancelledFailure, log } from '@temporalio/activity';
import type { Fault } from '../src/copy-job/index.ts';
import { InvalidRequest } from '../src/copy-job/plan.ts';
import { StoreError } from '../src/stores/index.ts';

/**
 * Turns an error into a Temporal failure. No other function does so. The failure's type is the error's code.
 * Its first detail is the fault, its second the progress. The cause is only logged, because many people can
 * read histories.
 * @param stalledFor the time for which the step has made no progress; milliseconds
 * @param patience the time without progress after which the step is given up; milliseconds. If infinite,
 * every error is retried.
 */
export function toFailure(error: unknown, stalledFor: number, patience: number, progress?: unknown): Error {
  if (error instanceof CancelledFailure || error instanceof ApplicationFailure) return error;
  const fault = faultOfError(error);
  const passing = !(error instanceof InvalidRequest) && (!(error instanceof StoreError) || error.retryable);
  const givenUp = passing && stalledFor >= patience;
  log.warn('step failed', { fault, passing, error: error instanceof StoreError ? error.cause : error });
  return ApplicationFailure.create({
    type: fault.code,
    message: givenUp ? `given up after ${Math.round(stalledFor / 1000)} s: ${fault.message}` : fault.message,
    nonRetryable: Number.isFinite(patience) && (!passing || givenUp),
    details: progress === undefined ? [fault] : [fault, progress],
  });
}

/** Turns an error into a fault that a tenant may read. */
export function faultOfError(error: unknown): Fault {
  if (error instanceof StoreError) return { code: error.code, side: error.side, message: error.message };
  if (error instanceof InvalidRequest) return { code: error.code, side: null, message: error.message };
  return { code: 'internal', side: null, message: 'an unexpected error in the worker; its log says more' };
}
