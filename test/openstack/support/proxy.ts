import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream';
import { type BodyFault, faultyBody } from './faulty-body.ts';
import { type HeldRequest, heldRequest } from './held-request.ts';

/** A fault for the requests with this method and path (including the query). */
export interface Fault {
  readonly method?: string;
  readonly path?: RegExp;
  /** The number of requests that the fault hits; 1 by default. */
  readonly times?: number;
  /** The status of the answer. The request does not reach the server. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /**
   * The place where a body ends or pauses. `request` is for the body on its way to the server, `response` for
   * that of the answer.
   */
  readonly request?: BodyFault;
  readonly response?: BodyFault;
}

interface Seen {
  readonly method: string;
  readonly path: string;
  readonly range: string | undefined;
}

export interface FaultyProxy {
  readonly url: string;
  /** The number of bytes of bodies that have passed so far, in each direction. */
  readonly bytes: { readonly request: number; readonly response: number };
  readonly requests: readonly Seen[];
  /** Returns the number of requests of this method to a path that matches. */
  count(method: string, path: RegExp): number;
  /**
   * What happens to the header `Range` of a request:
   * - `passed`: the server gets it;
   * - `refused`: the proxy answers 400, as an rbd store does;
   * - `ignored`: the proxy leaves it out.
   */
  ranges: 'passed' | 'refused' | 'ignored';
  /** Adds a fault. A request meets at most one fault, the oldest one that matches. */
  inject(fault: Fault): void;
  /** Holds up the next request of this method, which then meets no fault. */
  holdNext(method: string): HeldRequest;
  /** Removes all faults. */
  heal(): void;
  close(): Promise<void>;
}

function isFor(fault: Fault, { method, path }: Seen): boolean {
  return (fault.method ?? method) === method && (fault.path?.test(path) ?? true);
}

/**
 * Returns the oldest fault that matches a request, and counts the request. Returns an empty fault if none
 * matches.
 */
function nextFault(faults: { readonly fault: Fault; left: number }[], seen: Seen): Fault {
  const next = faults.find(({ fault, left }) => left > 0 && isFor(fault, seen));
  if (next === undefined) return {};
  next.left -= 1;
  return next.fault;
}

function refuse(incoming: IncomingMessage, answer: ServerResponse): void {
  incoming.resume();
  answer.end();
}

/**
 * Starts a reverse proxy in front of an HTTP server, on a port of its own. A test can inject faults into it.
 */
export async function startProxy(target: string): Promise<FaultyProxy> {
  const bytes = { request: 0, response: 0 };
  const requests: Seen[] = [];
  const faults: { readonly fault: Fault; left: number }[] = [];
  const held = new Map<string, ReturnType<typeof heldRequest>>();
  const handle = (incoming: IncomingMessage, answer: ServerResponse) => {
    const { method = 'GET', url = '/' } = incoming;
    const { range, ...others } = incoming.headers;
    const seen: Seen = { method, path: url, range };
    requests.push(seen);
    const toHold = held.get(method);
    if (held.delete(method)) return toHold?.hold(incoming, answer);
    const fault = nextFault(faults, seen);
    const status = fault.status ?? (range !== undefined && proxy.ranges === 'refused' ? 400 : undefined);
    if (status !== undefined) return refuse(incoming, answer.writeHead(status, fault.headers));
    const headers = proxy.ranges === 'passed' ? incoming.headers : others;
    const outgoing = request(new URL(url, target), { method, headers, agent: false });
    const hangUp = () => {
      incoming.socket.destroy();
      outgoing.destroy();
    };
    const passing = (side: 'request' | 'response') => {
      const count = (more: number) => {
        bytes[side] += more;
      };
      return faultyBody(fault[side], count, hangUp);
    };
    outgoing.on('response', (given) => {
      answer.writeHead(given.statusCode ?? 502, given.headers);
      pipeline(given, passing('response'), answer, (error) => error && hangUp());
    });
    // A server that has already answered may stop reading.
    outgoing.on('error', () => answer.headersSent || hangUp());
    answer.on('close', () => outgoing.destroy());
    incoming.on('error', hangUp).pipe(passing('request')).pipe(outgoing);
  };
  const server = createServer({ requestTimeout: 0, keepAliveTimeout: 0 }, handle);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const proxy: FaultyProxy = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    bytes,
    requests,
    ranges: 'passed',
    count: (method, path) => requests.filter((seen) => seen.method === method && path.test(seen.path)).length,
    inject: (fault) => void faults.push({ fault, left: fault.times ?? 1 }),
    holdNext(method) {
      const next = heldRequest(target);
      held.set(method, next);
      return next;
    },
    heal: () => void faults.splice(0),
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return proxy;
}
