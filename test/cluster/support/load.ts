import { setTimeout as sleep } from 'node:timers/promises';
import type { Deployment } from '../../support/deployment.ts';
import { type Answer, JOBS, send } from '../../support/http.ts';

/** A request of a client, with its result. */
export interface Request {
  readonly what: string;
  readonly begun: number;
  readonly ended: number;
  /** The HTTP status; 0 if there was no answer. */
  readonly status: number;
  readonly text: string;
}

/** Clients that keep sending requests. */
export interface Load {
  /** The requests so far. */
  readonly asked: readonly Request[];
  /** Stops the clients. Returns all of their requests. */
  end(): Promise<readonly Request[]>;
}

/** The time between two requests of a client; milliseconds. */
const PAUSE = 50;

/**
 * Starts clients. Each of them lists the jobs, shows one job, and orders that job again by its key, one
 * request after the other.
 */
export function startLoad({ apiUrl, tokens: { a: token } }: Deployment, job: string, order: Order): Load {
  const asked: Request[] = [];
  const url = `${apiUrl}${JOBS}`;
  const headers = { 'idempotency-key': order.key };
  const calls: Readonly<Record<string, () => Promise<Answer>>> = {
    list: () => send(`${url}?limit=5`, { token }),
    show: () => send(`${url}/${job}`, { token }),
    'order again': () => send(url, { token, headers, method: 'POST', body: order.body }),
  };
  let isOver = false;
  const clients = Object.entries(calls).map(async ([what, call]) => {
    while (!isOver) {
      const begun = Date.now();
      const { status, text } = await call().catch((error: Error) => ({ status: 0, text: error.message }));
      asked.push({ what, begun, ended: Date.now(), status, text });
      await sleep(PAUSE);
    }
  });
  return {
    asked,
    async end() {
      isOver = true;
      await Promise.all(clients);
      return asked;
    },
  };
}

/** An order for a copy, with its idempotency key. */
export interface Order {
  readonly key: string;
  readonly body: Readonly<Record<string, string>>;
}

/** Returns the requests that have failed, except those that were under way between two times. */
export function failedOutside(requests: readonly Request[], from: number, to: number): readonly Request[] {
  return requests.filter(
    ({ status, begun, ended }) => !(status >= 200 && status < 300) && (ended < from || begun > to),
  );
}
