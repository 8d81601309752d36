import type { S3Client } from '@aws-sdk/client-s3';
import { HttpRequest } from '@smithy/core/protocols';

/**
 * Over TLS, leaves a body out of the request's signature, if the body has a checksum of its own. AWS's SDKs
 * for Go and Python do the same. A SHA-256 of the body would take longer than everything else.
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
