import type { S3Client } from '@aws-sdk/client-s3';
import { HttpRequest } from '@smithy/core/protocols';
import { withoutSecrets } from '../../http/index.ts';

/**
 * Removes secrets from the errors of requests: signatures, the token of a temporary account, and a proxy's
 * credentials. Some servers quote the request that they refuse. The SDK's error repeats the server's words,
 * and the error gets into logs.
 */
export function forgetQuotedSignatures({ middlewareStack }: S3Client): void {
  middlewareStack.add(
    (next) => async (args) => {
      try {
        return await next(args);
      } catch (error) {
        if (error instanceof Error) removeSecrets(error, secretsOf(args.request));
        throw error;
      }
    },
    { step: 'deserialize', priority: 'high', name: 'forgetQuotedSignatures' },
  );
}

/** Returns the secrets in a signed request: its signature, and the token of a temporary account. */
function secretsOf(request: unknown): readonly string[] {
  if (!HttpRequest.isInstance(request)) return [];
  const { authorization, 'x-amz-security-token': token } = request.headers;
  const signature = /Signature=([0-9a-f]+)/.exec(authorization ?? '')?.[1];
  return [signature, token].filter((secret) => secret !== undefined);
}

function removeSecrets(error: Error, secrets: readonly string[]): void {
  for (const name of Object.getOwnPropertyNames(error)) {
    const text: unknown = Reflect.get(error, name);
    if (typeof text !== 'string') continue;
    const cleaned = withoutSecrets(text, secrets);
    if (cleaned !== text) Reflect.set(error, name, cleaned);
  }
}
