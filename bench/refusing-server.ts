import { once } from 'node:events';
import { Agent, createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** A server that refuses requests while too many others are under way. */
export interface RefusingServer {
  readonly endpoint: string;
  /** Starts counting from zero. */
  reset(): void;
  /**
   * Returns how many requests have come between two moments, and how many of them were refused.
   * @param from milliseconds since the last reset, like `to`
   */
  counted(from: number, to?: number): { readonly requests: number; readonly refused: number };
  stop(): Promise<void>;
}

export interface RefusingOptions {
  /** The server that answers the requests that are not refused. */
  readonly upstream: string;
  /** The largest number of requests under way at a time. */
  readonly most: number;
  /** Milliseconds until a refusal comes. */
  readonly delay: number;
}

const REFUSAL = `<?xml version="1.0" encoding="UTF-8"?>
<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>`;

/** Starts a server on loopback, which refuses with 503 and `SlowDown` as S3 does. */
export async function startRefusingServer({
  upstream,
  most,
  delay,
}: RefusingOptions): Promise<RefusingServer> {
  const agent = new Agent({ keepAlive: true });
  const { hostname, port } = new URL(upstream);
  let seen: { readonly at: number; readonly isRefused: boolean }[] = [];
  let begun = performance.now();
  let underWay = 0;
  const server = createServer(async (incoming, response) => {
    const isRefused = underWay >= most;
    seen.push({ at: performance.now() - begun, isRefused });
    if (isRefused) {
      await sleep(delay);
      incoming.resume();
      response.writeHead(503, { 'Content-Type': 'application/xml', Connection: 'close' }).end(REFUSAL);
      return;
    }
    underWay += 1;
    response.once('close', () => {
      underWay -= 1;
    });
    const { method, url: path, headers } = incoming;
    const outgoing = request({ hostname, port, method, path, headers, agent }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
      answer.once('error', () => response.destroy());
    });
    response.once('close', () => outgoing.destroy());
    outgoing.once('error', () => response.destroy());
    incoming.pipe(outgoing);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    reset() {
      seen = [];
      begun = performance.now();
    },
    counted(from, to = Number.POSITIVE_INFINITY) {
      const counted = seen.filter(({ at }) => at >= from && at < to);
      return { requests: counted.length, refused: counted.filter(({ isRefused }) => isRefused).length };
    },
    async stop() {
      server.closeAllConnections();
      server.close();
      agent.destroy();
    },
  };
}
