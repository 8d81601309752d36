import { trace } from '@opentelemetry/api';
import type { WorkflowClientInterceptor } from '@temporalio/client';
import { OpenTelemetryWorkflowClientInterceptor } from '@temporalio/interceptors-opentelemetry/lib/client/index.js';

type Describe = NonNullable<WorkflowClientInterceptor['describe']>;

/**
 * Makes a span of each call about a workflow, and has the trace passed on to it. A call that only reads has
 * one within a request alone, and none when a stream of events makes it again and again.
 */
export class ClientInterceptor extends OpenTelemetryWorkflowClientInterceptor {
  override describe(...[input, next]: Parameters<Describe>): ReturnType<Describe> {
    return trace.getActiveSpan()?.isRecording() ? super.describe(input, next) : next(input);
  }
}
