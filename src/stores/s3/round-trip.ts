import type { S3Client } from '@aws-sdk/client-s3';
import { HttpRequest } from '@smithy/core/protocols';

/** Number of the latest answers of which the fastest one counts. */
const COUNTED = 8;
/** Number of answers that are needed. The first ones are slow, because a process is slow when it begins. */
const MIN_ANSWERS = 3;

/**
 * Returns a function that tells in how many milliseconds a server answers small requests. The fastest of the
 * latest answers counts. The function returns `undefined` until there were enough answers.
 */
export function roundTrips({ middlewareStack }: S3Client): () => number | undefined {
  const latest: number[] = [];
  middlewareStack.add(
    (next) => async (args) => {
      const begun = performance.now();
      const result = await next(args);
      // Other requests have bodies, which may take long.
      if (HttpRequest.isInstance(args.request) && ['GET', 'HEAD'].includes(args.request.method)) {
        latest.push(performance.now() - begun);
        if (latest.length > COUNTED) latest.shift();
      }
      return result;
    },
    { step: 'deserialize', priority: 'low', name: 'roundTrips' },
  );
  return () => (latest.length < MIN_ANSWERS ? undefined : Math.min(...latest));
}
