import { trace } from '@opentelemetry/api';
import type { WorkflowClientInterceptor } from '@temporalio/client';
import { OpenTelemetryWorkflowClientInterceptor } from '@temporalio/interceptors-opentelemetry/lib/client/index.js';

type Describe = NonNullable<WorkflowClientInterceptor['describe']>;

/**
 * Makes a span of each call about a workflow, and passes the trace on to the workflow. `describe` gets a span
 * only while a request's span is open. A stream of events describes a job again and again, without any span.
 */
export class ClientInterceptor extends OpenTelemetryWorkflowClientInterceptor {
  override describe(...[input, next]: Parameters<Describe>): ReturnType<Describe> {
    return trace.getActiveSpan()?.isRecording() ? super.describe(input, next) : next(input);
  }
}
