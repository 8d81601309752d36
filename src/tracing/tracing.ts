import type { WorkflowClientInterceptor } from '@temporalio/client';
import type { ActivityInterceptorsFactory } from '@temporalio/worker';

/** What a process that is traced adds to its parts. */
export interface Tracing {
  /** Makes a span of each call, and has it passed on to the workflow. */
  readonly client: readonly WorkflowClientInterceptor[];
  /** Makes a span of each attempt at an activity, whose id is in each of its log lines. */
  readonly activity: readonly ActivityInterceptorsFactory[];
  /** Makes a span of a part that has been moved, if what is under way is traced, and not of too many. */
  part(side: 'source' | 'destination', region: string, seconds: number): void;
  /** Sends the spans that have not been sent yet. Gives up after two seconds; never rejects. */
  close(): Promise<void>;
}

/** Where an operator reads what is wrong with tracing. */
export interface Log {
  warn(about: object, message: string): void;
}
