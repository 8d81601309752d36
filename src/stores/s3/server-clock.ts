import type { S3Client } from '@aws-sdk/client-s3';
import { HttpResponse } from '@smithy/core/protocols';

/** The time at a server. */
export interface ServerClock {
  /**
   * Returns the time at the server, or this machine's time before the server's first answer. The time at the
   * server may be somewhat behind the server's clock, but is never ahead of it, however the clock of this
   * machine is set.
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
    // An answer's date is older than the moment at which it is read, so the result is somewhat behind.
    now: () => new Date(last === undefined ? Date.now() : last.date + performance.now() - last.at),
  };
}
