import type { TaskDetails, TaskType } from '../object-task/index.ts';

/** How a task stands. */
export type TaskStatus = 'running' | 'succeeded' | 'failed' | 'deleting';

export interface TaskView extends TaskDetails {
  readonly status: TaskStatus;
  /** RFC 3339; `null` while it has not ended. */
  readonly ended_at: string | null;
}

/** What a tenant asks for. Prefixes are relative to the bucket, and to the target's folder at the share. */
export interface NewTask {
  readonly type: TaskType;
  readonly target: string;
  readonly src_prefix: string;
  readonly dest_prefix: string;
}

export interface TaskQuery {
  readonly type?: TaskType;
  readonly status?: TaskStatus;
  readonly offset?: number;
  readonly limit?: number;
  /** Those that began then or later, or ended then or before. */
  readonly since?: Date;
  readonly until?: Date;
}

export interface TaskPage {
  readonly tasks: readonly TaskView[];
  /** Of all pages. */
  readonly count: number;
}

/** A tenant at a share. */
export interface TaskOwner {
  readonly tenant_id: string;
  readonly share_id: string;
}

/**
 * Tasks that move files between shares and buckets, as everything outside of Temporal sees them. A tenant
 * sees its own tasks only, at the shares that it may use. Every method throws `TaskError`.
 */
export interface TaskService {
  start(owner: TaskOwner, task: NewTask): Promise<{ readonly task_id: string }>;
  show(owner: TaskOwner, taskId: string): Promise<TaskView>;
  /** The newest first. */
  list(owner: TaskOwner, query?: TaskQuery): Promise<TaskPage>;
  /**
   * Cancels a task that is running, and removes it from the record; what it has moved stays. Returns when
   * that has begun. Once more, while it goes on, is no error.
   */
  delete(owner: TaskOwner, taskId: string): Promise<void>;
}
