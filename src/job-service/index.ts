export { createJobService } from './create.ts';
export { JobError, type JobErrorCode } from './errors.ts';
export { loggedJobs } from './logged.ts';
export { stepOf } from './pending-activity.ts';
export { type JobService, type JobView, OPERATOR } from './service.ts';
export { liveView } from './view.ts';
export { waitingFor, waitingWorkflowTask } from './waiting.ts';
