import { isGrpcServiceError } from '@temporalio/client';

/** Some of gRPC's status codes. @see https://grpc.io/docs/guides/status-codes/ */
export const GRPC_STATUS = {
  unknown: 2,
  invalidArgument: 3,
  notFound: 5,
  failedPrecondition: 9,
  unimplemented: 12,
} as const;

/**
 * Returns the status with which Temporal has refused a call, if that is the reason of an error; `undefined`
 * for every other error.
 */
export function grpcStatusOf(error: unknown): number | undefined {
  if (isGrpcServiceError(error)) return error.code;
  return error instanceof Error ? grpcStatusOf(error.cause) : undefined;
}
