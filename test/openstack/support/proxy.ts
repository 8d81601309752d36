import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Transform } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';

/** What goes wrong with requests that match, `times` times (once, unless it says so). */
export interface Fault {
  readonly method?: 'GET' | 'PUT' | 'POST' | 'PATCH' | 'DELETE';
  /** Of the path with its query. */
  readonly path?: RegExp;
  readonly times?: number;
  /** This answer, without a word to the server. The request's body is not read. */
  readonly answer?: { readonly status: number; readonly headers?: Readonly<Record<string, string>> };
  /** The connections end after so many bytes of the body. */
  readonly cut?: { readonly body: Body; readonly after: number };
  /** After so many bytes of the body nothing moves for some milliseconds. */
  readonly stall?: { readonly body: Body; readonly after: number; readonly for: number };
}

type Body = 'request' | 'response';

export interface Proxy {
  readonly url: string;
  /** Bytes of bodies that have passed so far. */
  readonly bytes: Readonly<Record<Body, number>>;
  /** What was asked for so far. */
  readonly requests: readonly { readonly method: string; readonly path: string; readonly range?: string }[];
  /** What becomes of ranges: 'refused' with 400 as by an rbd store, 'ignored' as by one that knows none. */
  ranges: 'passed' | 'refused' | 'ignored';
  /** Faults are taken in their order; each request meets one at most. */
  inject(fault: Fault): void;
  /** How many requests there were. */
  count(method: string, path: RegExp): number;
  /** Ends all connections. */
  hangUp(): void;
  close(): Promise<void>;
}

/** A reverse proxy before an HTTP server, on a port of its own, on which everything can go wrong. */
export async function startProxy(target: string): Promise<Proxy> {
  const bytes = { request: 0, response: 0 };
  const requests: { method: string; path: string; range?: string }[] = [];
  const faults: { fault: Fault; left: number }[] = [];

  const faultOf = (method: string, path: string): Fault => {
    const found = faults.find(
      ({ fault, left }) => left > 0 && (fault.method ?? method) === method && (fault.path?.test(path) ?? true),
    );
    if (found === undefined) return {};
    found.left -= 1;
    return found.fault;
  };
  /** Counts a body, and does to it what the fault says. */
  const passing = (body: Body, { cut, stall }: Fault, hangUp: () => void) => {
    let passed = 0;
    const stops = [cut, stall].filter((stop) => stop?.body === body);
    return new Transform({
      async transform(chunk: Buffer, _, done) {
        let rest = chunk;
        for (const stop of stops) {
          if (stop === undefined || passed > stop.after || passed + rest.length < stop.after) continue;
        }
        done(null, rest);
        rest = chunk;
        hangUp();
      },
    });
  };
  void [createServer, once, sleep, request, passing, faultOf, bytes, requests, target];
  throw new Error('unfinished');
}
