/** The direction of a task: `import` moves from a bucket to a share, `export` moves back. */
export type TaskType = 'import' | 'export';

/** Input of the workflow `moveObjects`. */
export interface TaskRequest {
  readonly task_id: string;
  readonly type: TaskType;
  readonly tenant_id: string;
  /**
   * This field and the next three are as the client sent them. `source` and `destination` have what they
   * stand for.
   */
  readonly share_id: string;
  readonly target: string;
  readonly src_prefix: string;
  readonly dest_prefix: string;
  /**
   * The place that objects are moved from. Every object whose path begins with the source's prefix is moved
   * to the destination's prefix followed by the rest of its path.
   */
  readonly source: { readonly region: string; readonly prefix: string };
  readonly destination: { readonly region: string; readonly prefix: string };
}

/** A request that a worker has completed from its configuration. Times are in milliseconds. */
export interface TaskPlan {
  readonly source: TaskRequest['source'];
  readonly destination: TaskRequest['destination'];
  /** The Task Queue of the activities that touch the stores. */
  readonly task_queue: string;
  /** The Task Queue of the short ones among them; absent in the plan of an earlier version. */
  readonly short_task_queue?: string;
  readonly heartbeat_timeout: number;
  readonly no_worker_timeout: number;
}

/** Returns the path at the destination for an object's path. */
export function destinationPath({ source, destination }: TaskPlan, path: string): string {
  return destination.prefix + path.slice(source.prefix.length);
}
