export { createTaskService } from './create.ts';
export { TaskError, type TaskErrorCode } from './errors.ts';
export { listAllTasks } from './overview.ts';
export type {
  TaskOwner,
  TaskService,
  TaskStatus,
  TaskView,
} from './service.ts';
export { showAnyTask } from './show.ts';
export { standingText } from './standing.ts';
