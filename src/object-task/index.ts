export {
  type Batch,
  type BatchProgress,
  type BatchScope,
  batchText,
  LARGE_OBJECT,
  type LargeObject,
  NOTHING_MOVED,
  parseBatchProgress,
} from './batch.ts';
export {
  DELETE_TASK,
  deletionIdOf,
  MOVE_OBJECTS,
  TASK_DETAILS_QUERY,
  TASK_MEMO,
  taskIdPrefix,
  taskWorkflowId,
} from './contract.ts';
export {
  failureSummary,
  MAX_FAILURES,
  type ObjectFailure,
  objectFailure,
  parseTask,
  requestedTask,
  type TaskDetails,
} from './details.ts';
export { isFaultOfTask } from './fault.ts';
export { destinationPath, type TaskPlan, type TaskRequest, type TaskType } from './request.ts';
