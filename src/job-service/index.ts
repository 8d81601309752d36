export { createJobService } from './create.ts';
export { JobError, type JobErrorCode } from './errors.ts';
export type { Caller, JobPage, JobService, JobView, ListQuery } from './service.ts';
