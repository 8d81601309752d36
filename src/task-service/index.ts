export { createTaskService } from './create.ts';
export { TaskError, type TaskErrorCode } from './errors.ts';
export type {
  TaskOwner,
  TaskService,
  TaskStatus,
  TaskView,
} from './service.ts';
