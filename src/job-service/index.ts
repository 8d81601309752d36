export { createJobService } from './create.ts';
export { JobError, type JobErrorCode } from './errors.ts';
export { type JobService, type JobView, OPERATOR } from './service.ts';
