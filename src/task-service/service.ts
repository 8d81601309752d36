import type { TaskDetails, TaskType } from '../object-task/index.ts';
import type { TaskStanding } from './standing.ts';

/** The status of a task. */
export type TaskStatus = 'running' | 'succeeded' | 'failed' | 'deleting';

/** A task, with its status, the time of its end, and why it stands still. */
export interface TaskView extends TaskDetails {
  readonly status: TaskStatus;
  /** The time of its end, in RFC 3339; `null` until the task has ended. */
  readonly ended_at: string | null;
  /** Why the task stands still; `null` if it does not, and also in a tenant's list. */
  readonly standing: TaskStanding | null;
}

/**
 * A tenant's request for a task. The prefix on the bucket's side is relative to the bucket, the one on the
 * share's side to the target's folder in the share.
 */
export interface NewTask {
  readonly type: TaskType;
  readonly target: string;
  readonly src_prefix: string;
  readonly dest_prefix: string;
}

/** Which tasks are listed, and how many. */
export interface TaskQuery {
  readonly type?: TaskType;
  readonly status?: TaskStatus;
  readonly offset?: number;
  readonly limit?: number;
  /** Lists only tasks that began at `since` or later, and that ended at `until` or before. */
  readonly since?: Date;
  readonly until?: Date;
}

/** A page of a list of tasks. */
export interface TaskPage {
  readonly tasks: readonly TaskView[];
  /** The number of tasks on all pages. */
  readonly count: number;
}

/** A tenant and the share that it uses. */
export interface TaskOwner {
  readonly tenant_id: string;
  readonly share_id: string;
}

/**
 * Tasks that move files between shares and buckets, for all code that knows nothing of Temporal. A tenant
 * sees only its own tasks, at the shares that it may use. Every method MAY throw `TaskError`.
 */
export interface TaskService {
  start(owner: TaskOwner, task: NewTask): Promise<{ readonly task_id: string }>;
  show(owner: TaskOwner, taskId: string): Promise<TaskView>;
  /** Lists tasks, the newest first. */
  list(owner: TaskOwner, query?: TaskQuery): Promise<TaskPage>;
  /**
   * Cancels a task if it is running, and deletes its record; the files that it has moved stay. Returns as
   * soon as the deletion has begun. A second call during the deletion succeeds too.
   */
  delete(owner: TaskOwner, taskId: string): Promise<void>;
}
