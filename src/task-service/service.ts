import type { TaskDetails, TaskType } from '../object-task/index.ts';
import type { TaskStanding } from './standing.ts';

/** The status of a task. */
export type TaskStatus = 'running' | 'succeeded' | 'failed' | 'deleting';

/** A task, as it is shown. */
export interface TaskView extends TaskDetails {
  readonly status: TaskStatus;
  /** The time of the task's end, in RFC 3339; `null` until then. */
  readonly ended_at: string | null;
  /** Why the task stands still; `null` if it does not, and also in a tenant's list. */
  readonly standing: TaskStanding | null;
}

/**
 * A tenant's request for a task. The prefix at the bucket is relative to the whole bucket. The prefix at the
 * share is relative to the target's folder.
 */
export interface NewTask {
  readonly type: TaskType;
  readonly target: string;
  readonly src_prefix: string;
  readonly dest_prefix: string;
}

/** Says which tasks are listed, and how many. */
export interface TaskQuery {
  /** Lists only tasks of this type. MAY be a type that no task has. */
  readonly type?: string;
  readonly status?: TaskStatus;
  readonly offset?: number;
  readonly limit?: number;
  /** Lists only tasks that began at this time or later. */
  readonly since?: Date;
  /** Lists only tasks that ended at this time or earlier. */
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
 * Manages tasks that move files between shares and buckets, for code that knows nothing of Temporal. A tenant
 * sees only its own tasks, at the shares that it may use. Every method MAY throw `TaskError`.
 */
export interface TaskService {
  start(owner: TaskOwner, task: NewTask): Promise<{ readonly task_id: string }>;
  show(owner: TaskOwner, taskId: string): Promise<TaskView>;
  /** Lists tasks, the newest first. */
  list(owner: TaskOwner, query?: TaskQuery): Promise<TaskPage>;
  /**
   * Cancels a task if it is running, and deletes its record. The files that the task has moved stay. Returns
   * as soon as the deletion has begun. A second call during the deletion succeeds too.
   */
  delete(owner: TaskOwner, taskId: string): Promise<void>;
}
