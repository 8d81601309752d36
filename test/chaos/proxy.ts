import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { until } from '../support/until.ts';
import { type BodyFault, spoil } from './spoilt-body.ts';

/** Which requests. */
export interface Match {
  readonly method: RegExp;
  /** Of the path with its query. */
  readonly path: RegExp;
  /** Of a header that it has to bring. */
  readonly header?: string;
  /** Of one that it may not bring. */
  readonly without?: string;
}

/** What becomes of a request. */
export type Act =
  /** The server gets it when it is released, whole, whether or not somebody waits for an answer. */
  | { readonly kind: 'hold' }
  /** The server has done it, and nobody hears so until it is released. */
  | { readonly kind: 'hold-answer' }
  /** The server has done it, and the connection breaks. */
  | { readonly kind: 'swallow' }
  | { readonly kind: 'status'; readonly status: number; readonly headers?: Readonly<Record<string, string>> }
  | { readonly kind: 'body'; readonly of: 'request' | 'answer'; readonly fault: BodyFault }
  | { readonly kind: 'count' };

/** A rule in force. */
export interface Caught {
  hits(): number;
  reached(times?: number): Promise<void>;
  release(): void;
  remove(): void;
}

/** A reverse proxy before an HTTP server, where everything can go wrong. The newest rule goes first. */
export interface HttpProxy {
  readonly url: string;
  /** Bytes of bodies that have passed. */
  readonly bytes: { request: number; answer: number };
  add(match: Match, act: Act, times?: number): Caught;
  /** New connections are refused, and those that are open are reset. */
  refuse(): Promise<void>;
  /** Nothing goes on: every request waits until `accept`. */
  stall(): void;
  accept(): Promise<void>;
  /** Nothing goes wrong any more: what is held goes on. */
  heal(): void;
  /** Requests that are under way. */
  pending(): number;
  close(): Promise<void>;
}

interface Entry {
  readonly match: Match;
  readonly act: Act;
  readonly released: PromiseWithResolvers<void>;
  left: number;
  hits: number;
  removed: boolean;
}

export async function startHttpProxy(target: string): Promise<HttpProxy> {
  const bytes = { request: 0, answer: 0 };
  const entries: Entry[] = [];
  let open = Promise.withResolvers<void>();
  open.resolve();
  let pending = 0;

  const entryFor = (incoming: IncomingMessage): Entry | undefined => {
    const found = entries.find((entry) => entry.left > 0 && matches(entry.match, incoming));
    if (found === undefined) return undefined;
    found.left -= 1;
    return found;
  };

  const handle = async (incoming: IncomingMessage, answer: ServerResponse): Promise<void> => {
    await open.promise;
    const entry = entryFor(incoming);
    const act = entry?.act ?? ({ kind: 'count' } as const);
    const count = () => {
      if (entry !== undefined) entry.hits += 1;
    };
    if (act.kind !== 'hold' && act.kind !== 'hold-answer') count();
    if (act.kind === 'status') {
      incoming.resume();
      answer.writeHead(act.status, act.headers).end();
      return;
    }
    let body: Buffer | undefined;
    if (act.kind === 'hold') {
      // All of it is on its way: what becomes of the client makes no difference any more.
      body = await buffer(incoming).catch(() => undefined);
      if (body === undefined) return;
      count();
      await entry?.released.promise;
    }
    const spoilt = act.kind === 'body' ? act : undefined;
    const isOn = () => entry?.removed !== true;
    const headers = { ...incoming.headers };
    if (spoilt?.of === 'request' && spoilt.fault.kind === 'truncate') delete headers['content-length'];
    const outgoing = request(new URL(incoming.url ?? '/', target), {
      method: incoming.method,
      headers,
      agent: false,
    });
    const hangUp = () => {
      incoming.socket.resetAndDestroy();
      outgoing.destroy();
    };
    const answered = once(outgoing, 'response') as Promise<[IncomingMessage]>;
    if (body === undefined && act.kind !== 'hold-answer') answer.on('close', () => outgoing.destroy());
    if (body !== undefined) outgoing.end(body);
    else {
      const way = spoil(
        spoilt?.of === 'request' ? spoilt.fault : undefined,
        (n) => {
          bytes.request += n;
        },
        hangUp,
        isOn,
      );
      incoming.on('error', hangUp).pipe(way).pipe(outgoing);
    }
    const [given] = await answered;
    if (act.kind === 'swallow') {
      given.resume();
      await once(given, 'end');
      hangUp();
      return;
    }
    if (act.kind === 'hold-answer') {
      count();
      await entry?.released.promise;
    }
    const answerFault = spoilt?.of === 'answer' ? spoilt.fault : undefined;
    const givenHeaders = { ...given.headers };
    if (answerFault?.kind === 'truncate') delete givenHeaders['content-length'];
    answer.writeHead(given.statusCode ?? 502, givenHeaders);
    const way = spoil(
      answerFault,
      (n) => {
        bytes.answer += n;
      },
      hangUp,
      isOn,
    );
    given.on('error', hangUp).pipe(way).pipe(answer);
    await once(answer, 'close');
  };

  const server = createServer({ requestTimeout: 0, keepAliveTimeout: 0 }, (incoming, answer) => {
    pending += 1;
    incoming.on('error', () => {});
    answer.on('error', () => {});
    handle(incoming, answer)
      .catch(() => incoming.socket.destroy())
      .finally(() => {
        pending -= 1;
      });
  });
  const listen = async (port: number) => {
    await once(server.listen(port, '127.0.0.1'), 'listening');
  };
  const shut = async () => {
    if (!server.listening) return;
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  };
  const heal = () => {
    for (const entry of entries.splice(0)) {
      entry.left = 0;
      entry.removed = true;
      entry.released.resolve();
    }
  };
  await listen(0);
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    bytes,
    add(match, act, times = Number.POSITIVE_INFINITY) {
      const entry: Entry = {
        match,
        act,
        released: Promise.withResolvers(),
        left: times,
        hits: 0,
        removed: false,
      };
      entries.unshift(entry);
      return {
        hits: () => entry.hits,
        reached: async (wanted = 1) => {
          await until(() => entry.hits >= wanted, 30_000);
        },
        release: () => entry.released.resolve(),
        remove: () => {
          entry.left = 0;
          entry.removed = true;
          entry.released.resolve();
        },
      };
    },
    refuse: shut,
    stall() {
      open = Promise.withResolvers();
    },
    async accept() {
      open.resolve();
      if (!server.listening) await listen(port);
    },
    pending: () => pending,
    heal,
    async close() {
      open.resolve();
      heal();
      await shut();
    },
  };
}

function matches(
  { method, path, header, without }: Match,
  { method: given = '', url = '', headers }: IncomingMessage,
): boolean {
  if (header !== undefined && headers[header] === undefined) return false;
  if (without !== undefined && headers[without] !== undefined) return false;
  return method.test(given) && path.test(url);
}
