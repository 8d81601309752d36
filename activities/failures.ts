import { ApplicationFailure, CancelledFailure, log } from '@temporalio/activity';
import type { Fault } from '../src/copy-job/index.ts';
import { InvalidRequest } from '../src/copy-job/plan.ts';
import { StoreError } from '../src/stores/index.ts';

/**
 * The only place where an error of ours becomes a failure of Temporal's. Its type is the error's code, its
 * first detail the fault, its second how far it has come; the cause stays in the worker's log, for histories
 * are read by many.
 * @param standing milliseconds for which the step has got nowhere
 * @param patience milliseconds after which it is given up; without end, everything is tried again
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
  return { code: 'internal', side: null, message: "an unexpected error; the worker's log has it" };
}
