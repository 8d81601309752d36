import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import type { WorkflowInterceptorsFactory } from '@temporalio/workflow';

/** The header in which `@temporalio/interceptors-opentelemetry` passes on the context of a trace. */
const TRACE_HEADER = '_tracer-data';

/**
 * Passes on the trace of the call that started a workflow, to the workflow's activities and children. Makes
 * no span, so that workflows take the same steps with and without tracing.
 */
export const interceptors: WorkflowInterceptorsFactory = () => {
  let trace: Payload | undefined;
  const traced = <T extends { readonly headers: Record<string, Payload> }>(input: T): T =>
    trace === undefined ? input : { ...input, headers: { ...input.headers, [TRACE_HEADER]: trace } };
  return {
    inbound: [
      {
        execute(input, next) {
          const header = input.headers[TRACE_HEADER];
          trace = isReadable(header) ? header : undefined;
          return next(input);
        },
      },
    ],
    outbound: [
      {
        scheduleActivity: (input, next) => next(traced(input)),
        scheduleLocalActivity: (input, next) => next(traced(input)),
        startChildWorkflowExecution: (input, next) => next(traced(input)),
        continueAsNew: (input, next) => next(traced(input)),
      },
    ],
  };
};

/**
 * Tells whether an activity can read the header. Anybody may start a workflow with any header. An activity
 * that gets an unreadable header would fail again and again.
 */
function isReadable(header: Payload | undefined): boolean {
  if (header === undefined) return false;
  try {
    const values: unknown = defaultPayloadConverter.fromPayload(header);
    return (
      typeof values === 'object' && Object.values(values ?? {}).every((value) => typeof value === 'string')
    );
  } catch {
    return false;
  }
}
