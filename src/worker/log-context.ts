import { defaultPayloadConverter } from '@temporalio/common';
import type { ActivityInterceptorsFactory } from '@temporalio/worker';
import { LOG_HEADER, type LogContext } from '../copy-job/index.ts';

/**
 * Adds the log context of a job to every log line of its activities. The workflow has put that context into a
 * header.
 */
export const logContext: ActivityInterceptorsFactory = () => {
  let context: Partial<LogContext> = {};
  return {
    inbound: {
      async execute(input, next) {
        const header = input.headers[LOG_HEADER];
        if (header !== undefined) context = defaultPayloadConverter.fromPayload<LogContext>(header);
        return next(input);
      },
    },
    outbound: { getLogAttributes: (attributes, next) => next({ ...attributes, ...context }) },
  };
};
