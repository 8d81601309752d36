import { RequestProblem } from '../problem.ts';
import { EventStream } from './event-stream.ts';

/** Seconds after which a tenant with too many streams may try again. */
const RETRY_AFTER = 5;

/** Counts the streams of events of each tenant. Each facade counts for itself. */
export class EventStreams {
  readonly #byTenant = new Map<string, Set<EventStream>>();
  #isClosed = false;

  /**
   * Opens a stream for a tenant. It counts until it is closed.
   * @param limit the most streams of the tenant at the same time
   * @throws RequestProblem `throttled` if the tenant has as many already
   */
  open(tenantId: string, limit: number, lastId: string | undefined): EventStream {
    const streams = this.#byTenant.get(tenantId) ?? new Set();
    if (streams.size >= limit) {
      const message = `your tenant follows ${limit} jobs at the same time, the limit event_streams`;
      throw new RequestProblem('throttled', `${message}; try again in ${RETRY_AFTER} s`, {
        retryAfter: RETRY_AFTER,
      });
    }
    const stream = new EventStream(lastId);
    this.#byTenant.set(tenantId, streams.add(stream));
    stream.once('close', () => {
      streams.delete(stream);
      if (streams.size === 0) this.#byTenant.delete(tenantId);
    });
    if (this.#isClosed) stream.end();
    return stream;
  }

  /** Ends all streams, also those that are opened later. Their clients come again. */
  close(): void {
    this.#isClosed = true;
    for (const stream of [...this.#byTenant.values()].flatMap((streams) => [...streams])) stream.end();
  }
}
