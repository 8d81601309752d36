import type { WorkflowClientInterceptor } from '@temporalio/client';
import type { ActivityInterceptorsFactory } from '@temporalio/worker';

/** The interceptors and the functions by which a process is traced. */
export interface Tracing {
  /** Makes a span of each call, and passes the trace on to the workflow. */
  readonly client: readonly WorkflowClientInterceptor[];
  /** Makes a span of each attempt at an activity, and adds the span's id to each log line of the attempt. */
  readonly activity: readonly ActivityInterceptorsFactory[];
  /** Makes a span for a part that was moved, if the attempt is traced; at most ten such spans a second. */
  part(side: 'source' | 'destination', region: string, seconds: number): void;
  /** Sends the spans that have not been sent yet. Gives up after two seconds; never rejects. */
  close(): Promise<void>;
}

/** The log in which an operator reads about problems with tracing. */
export interface Log {
  warn(about: object, message: string): void;
}
