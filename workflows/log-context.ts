import { defaultPayloadConverter, type Headers } from '@temporalio/common';
import { type WorkflowInterceptorsFactory, workflowInfo } from '@temporalio/workflow';
import {
  COPY_IMAGE,
  jobInMemo,
  LOG_HEADER,
  type LogContext,
  REQUEST_ID_MEMO,
} from '../src/copy-job/index.ts';

/**
 * Adds the job's context to every log line about a job: to the lines of the workflow, and to those of its
 * activities.
 */
export const interceptors: WorkflowInterceptorsFactory = () => ({
  outbound: [
    {
      getLogAttributes: (attributes, next) => next({ ...attributes, ...logContext() }),
      scheduleActivity: (input, next) => next({ ...input, headers: withContext(input.headers) }),
      scheduleLocalActivity: (input, next) => next({ ...input, headers: withContext(input.headers) }),
    },
  ],
});

function withContext(headers: Headers): Headers {
  const context = logContext();
  if (context === undefined) return headers;
  return { ...headers, [LOG_HEADER]: defaultPayloadConverter.toPayload(context) };
}

/**
 * Returns the log context of a job; `undefined` in other workflows. The memo's fields are checked, because
 * any client may have written them.
 */
function logContext(): LogContext | undefined {
  const { workflowId, workflowType, memo } = workflowInfo();
  if (workflowType !== COPY_IMAGE) return undefined;
  return {
    job_id: workflowId,
    tenant_id: textOrNull(jobInMemo(memo)?.source_tenant_id),
    request_id: textOrNull(memo?.[REQUEST_ID_MEMO]),
  };
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
