import { RequestProblem } from '../problem.ts';
import { EventStream } from './event-stream.ts';

/** The time after which a tenant with too many streams may try again; seconds. */
const RETRY_AFTER = 5;

/**
 * Opens streams of events, and limits their number for each tenant. Each facade counts only its own streams.
 */
export class EventStreams {
  readonly #byTenant = new Map<string, Set<EventStream>>();
  #isClosed = false;

  /**
   * Opens a stream for a tenant. The stream counts until it is closed.
   * @param limit the largest number of streams that the tenant may have at the same time
   * @throws RequestProblem `throttled` if the tenant has that many already
   */
  open(tenantId: string, limit: number, lastId: string | undefined): EventStream {
    const streams = this.#byTenant.get(tenantId) ?? new Set();
    if (streams.size >= limit) {
      const message = `your tenant already follows ${limit} jobs, as many as the limit event_streams allows`;
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

  /** Ends all streams, and each stream that is opened later. The clients reconnect. */
  close(): void {
    this.#isClosed = true;
    for (const stream of [...this.#byTenant.values()].flatMap((streams) => [...streams])) stream.end();
  }
}
