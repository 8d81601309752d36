/** The direction of a task: `import` moves from a bucket to a share, `export` from a share to a bucket. */
export type TaskType = 'import' | 'export';

/** Input of the workflow `moveObjects`. */
export interface TaskRequest {
  readonly task_id: string;
  readonly type: TaskType;
  readonly tenant_id: string;
  /**
   * This field and the next three are shown to clients as they were sent. `source` and `destination` are
   * derived from them.
   */
  readonly share_id: string;
  readonly target: string;
  readonly src_prefix: string;
  readonly dest_prefix: string;
  /**
   * Every object of this region whose path begins with this prefix is moved. At the destination, the object's
   * path begins with the destination's prefix instead.
   */
  readonly source: { readonly region: string; readonly prefix: string };
  readonly destination: { readonly region: string; readonly prefix: string };
}

/**
 * The work of a task, which a worker has derived from the request and its configuration. Times are in
 * milliseconds.
 */
export interface TaskPlan {
  readonly source: TaskRequest['source'];
  readonly destination: TaskRequest['destination'];
  /**
   * The Task Queue of the activity that moves small objects; of all activities if `short_task_queue` is
   * absent.
   */
  readonly task_queue: string;
  /** The Task Queue of the short activities at the stores; absent in the plan of an earlier version. */
  readonly short_task_queue?: string;
  readonly heartbeat_timeout: number;
  readonly no_worker_timeout: number;
}

/** Returns the path of an object at the destination. */
export function destinationPath({ source, destination }: TaskPlan, path: string): string {
  return destination.prefix + path.slice(source.prefix.length);
}
