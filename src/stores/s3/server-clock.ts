import type { S3Client } from '@aws-sdk/client-s3';
import { HttpResponse } from '@smithy/core/protocols';

/** A clock that shows the time at a server, however this machine's clock is set. */
export interface ServerClock {
  /**
   * Returns the time at the server. It may be somewhat behind the server's clock, but is never ahead of it.
   * Before the server's first answer, returns this machine's time.
   */
  now(): Date;
}

/** Returns a clock that follows the `Date` of the answers that a client gets. */
export function serverClock({ middlewareStack }: S3Client): ServerClock {
  let last: { readonly date: number; readonly at: number } | undefined;
  middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      const { response } = result;
      const date = HttpResponse.isInstance(response) ? Date.parse(response.headers.date ?? '') : Number.NaN;
      if (!Number.isNaN(date)) last = { date, at: performance.now() };
      return result;
    },
    { step: 'deserialize', priority: 'low', name: 'serverClock' },
  );
  return {
    // An answer has been on its way for a while when its date is read.
    now: () => new Date(last === undefined ? Date.now() : last.date + performance.now() - last.at),
  };
}
