import type { S3Client } from '@aws-sdk/client-s3';
import { HttpRequest } from '@smithy/core/protocols';

/** The number of latest answers of which the fastest counts. */
const COUNTED = 8;
/**
 * With fewer answers than this, none of them may have been fast, because a process is slow when it begins.
 */
const MIN_ANSWERS = 3;

/**
 * Returns a function that tells how long a server takes to answer a client's small requests: the time of the
 * fastest of the latest ones, in milliseconds; `undefined` if there were too few.
 */
export function roundTrips({ middlewareStack }: S3Client): () => number | undefined {
  const latest: number[] = [];
  middlewareStack.add(
    (next) => async (args) => {
      const begun = performance.now();
      const result = await next(args);
      // Requests with a body may take long because of the body.
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
