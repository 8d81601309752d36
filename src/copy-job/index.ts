export * from './contract.ts';
export {
  askedDetails,
  type CancelRecord,
  copyProgress,
  type JobDetails,
  type JobPhase,
  jobInMemo,
  requestedDetails,
} from './details.ts';
export { type Fault, type FaultCode, parseFault } from './fault.ts';
export { LOG_HEADER, type LogContext, REQUEST_ID_MEMO } from './log-context.ts';
export { parseProgress, type TransferProgress } from './progress.ts';
export { progressText } from './progress-text.ts';
export { RateWindow } from './rate-window.ts';
export {
  type CancelRequest,
  type CopyPlan,
  type CopyRequest,
  cancelRequestProblem,
  parseCancelRequest,
} from './request.ts';
export { isCancellable, isFinal, isForcible, JOB_STATUSES, type JobStatus } from './status.ts';
export { SWEEP_REGION, type SweepReport, type SweepRequest } from './sweep.ts';
export { undecodable, undecodableProblem } from './undecodable.ts';
