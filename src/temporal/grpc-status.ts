import { isGrpcServiceError } from '@temporalio/client';

/** Some of gRPC's status codes. @see https://grpc.io/docs/guides/status-codes/ */
export const GRPC_STATUS = {
  unknown: 2,
  invalidArgument: 3,
  notFound: 5,
  failedPrecondition: 9,
  unimplemented: 12,
} as const;

/** Returns the status with which Temporal has refused a call; `undefined` for every other error. */
export function grpcStatusOf(error: unknown): number | undefined {
  return isGrpcServiceError(error) ? error.code : undefined;
}
