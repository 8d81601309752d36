/** From a bucket to a share, or back. */
export type TaskType = 'import' | 'export';

/** Input of the workflow `moveObjects`. */
export interface TaskRequest {
  readonly task_id: string;
  readonly type: TaskType;
  readonly tenant_id: string;
  /** As they were asked for; what they stand for is in `source` and `destination`. */
  readonly share_id: string;
  readonly target: string;
  readonly src_prefix: string;
  readonly dest_prefix: string;
  /**
   * Every object whose path begins with the source's prefix goes to the destination's, with the rest of its
   * path.
   */
  readonly source: { readonly region: string; readonly prefix: string };
  readonly destination: { readonly region: string; readonly prefix: string };
}

/** What a worker makes of a request with its configuration. Times are in milliseconds. */
export interface TaskPlan {
  readonly source: TaskRequest['source'];
  readonly destination: TaskRequest['destination'];
  /** Where the activities that touch the stores run. */
  readonly task_queue: string;
  readonly heartbeat_timeout: number;
  readonly no_worker_timeout: number;
}

/** Where an object goes. */
export function destinationPath({ source, destination }: TaskPlan, path: string): string {
  return destination.prefix + path.slice(source.prefix.length);
}
