export { type Chain, chainOf, firstRunOf, type Run, type RunRef, runsOf } from './chain.ts';
export { createCodecServer } from './codec-server.ts';
export { connectClient, TemporalUnreachable } from './connect.ts';
export { temporalSettings, workerOptions } from './connection-options.ts';
export { deleteRun } from './delete-run.ts';
export { describeIfThere } from './describe.ts';
export { encryptingConverter, openCodec } from './encryption.ts';
export { GRPC_STATUS, grpcStatusOf } from './grpc-status.ts';
export { lastHeartbeat } from './heartbeat.ts';
export { type ListedRun, lastRuns } from './last-runs.ts';
export { isWorkflowPaused } from './paused.ts';
export { allOf, anyOf, attribute, OPEN, type VisibilityQuery, visibility } from './query.ts';
export { forRequest, outsideTemporalDeadline, requestId } from './request-scope.ts';
export {
  decodeOptionalFailureToOptionalError,
  decodeOptionalSinglePayload,
  optionalTsToDate,
} from './sdk-internals.ts';
export { ensureSearchAttributes } from './search-attributes.ts';
export { TASK_QUEUE_TYPE } from './task-queue-type.ts';
export { countWorkflows, listPage, listWorkflows } from './visibility.ts';
