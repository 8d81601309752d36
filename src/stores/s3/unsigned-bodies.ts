import type { S3Client } from '@aws-sdk/client-s3';
import { HttpRequest } from '@smithy/core/protocols';

/**
 * Over TLS, leaves a body that has a checksum of its own out of the signature, as AWS's SDKs for Go and
 * Python do. Hashing it by SHA-256 too would take longer than everything else.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
 */
export function leaveBodiesUnsigned({ middlewareStack }: S3Client): void {
  middlewareStack.add(
    (next) => (args) => {
      const { request } = args;
      if (
        HttpRequest.isInstance(request) &&
        request.protocol === 'https:' &&
        'x-amz-checksum-crc32c' in request.headers
      ) {
        request.headers['x-amz-content-sha256'] = 'UNSIGNED-PAYLOAD';
      }
      return next(args);
    },
    { step: 'build', priority: 'low', name: 'leaveBodiesUnsigned' },
  );
}
