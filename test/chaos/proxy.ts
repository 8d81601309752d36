import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import type { Caught } from './caught.ts';
import { type Act, type Match, type Rule, rules } from './proxy-rules.ts';
import { type BodyFault, spoil } from './spoilt-body.ts';

/** A reverse proxy in front of an HTTP server. Its rules delay, refuse, break off or change what passes. */
export interface HttpProxy {
  readonly url: string;
  /** The number of bytes of bodies that have passed. */
  readonly bytes: { request: number; answer: number };
  /** The ids of the multipart uploads of S3 that were completed or aborted through this proxy. */
  readonly closedUploads: ReadonlySet<string>;
  /** Adds a rule, which comes before all older ones. */
  add(match: Match, act: Act, times?: number): Caught;
  /** Refuses new connections, and closes the open ones. */
  refuse(): Promise<void>;
  /** Makes every request wait until `accept`. */
  stall(): void;
  accept(): Promise<void>;
  /** Removes all rules, and lets everything go on that is held. */
  heal(): void;
  close(): Promise<void>;
}

export async function startHttpProxy(target: string): Promise<HttpProxy> {
  const bytes = { request: 0, answer: 0 };
  const closedUploads = new Set<string>();
  const all = rules();
  let open = Promise.withResolvers<void>();
  open.resolve();
  const server = createServer({ requestTimeout: 0, keepAliveTimeout: 0 }, (incoming, answer) => {
    incoming.on('error', () => {});
    answer.on('error', () => {});
    open.promise
      .then(() => handle({ target, bytes, closedUploads, rule: all.for(incoming), incoming, answer }))
      .catch(() => incoming.socket.destroy());
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
  await listen(0);
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    bytes,
    closedUploads,
    add: all.add,
    refuse: shut,
    stall() {
      open = Promise.withResolvers();
    },
    async accept() {
      open.resolve();
      if (!server.listening) await listen(port);
    },
    heal: all.removeAll,
    async close() {
      open.resolve();
      all.removeAll();
      await shut();
    },
  };
}

interface Exchange {
  readonly target: string;
  readonly bytes: { request: number; answer: number };
  readonly closedUploads: Set<string>;
  readonly rule: Rule;
  readonly incoming: IncomingMessage;
  readonly answer: ServerResponse;
}

async function handle(exchange: Exchange): Promise<void> {
  const { rule, incoming, answer } = exchange;
  const { act } = rule;
  if (act.kind === 'status') {
    rule.caught();
    incoming.resume();
    answer.writeHead(act.status, act.headers).end();
    return;
  }
  if (act.kind === 'body') rule.caught();
  const given = act.kind === 'hold' ? await forwardLate(exchange) : await forward(exchange);
  noteUpload(exchange, given);
  if (act.kind === 'swallow') {
    given.resume();
    await once(given, 'end');
    rule.caught();
    incoming.socket.resetAndDestroy();
    return;
  }
  if (act.kind === 'hold-answer') {
    rule.caught();
    await rule.released;
  }
  passAnswer(exchange, given);
}

function noteUpload({ incoming, closedUploads }: Exchange, { statusCode = 500 }: IncomingMessage): void {
  const { method = '', url = '' } = incoming;
  const id = new URL(url, 'http://any').searchParams.get('uploadId');
  const closes = method === 'POST' || method === 'DELETE';
  if (id !== null && closes && statusCode < 300) closedUploads.add(id);
}

/** Reads the whole request, and forwards it after the release. The client may be gone by then. */
async function forwardLate({ target, rule, incoming }: Exchange): Promise<IncomingMessage> {
  const body = await buffer(incoming);
  rule.caught();
  await rule.released;
  const { method, headers, url = '/' } = incoming;
  const outgoing = request(new URL(url, target), { method, headers, agent: false });
  outgoing.end(body);
  return responseOf(outgoing);
}

async function forward({ target, rule, incoming, answer, bytes }: Exchange): Promise<IncomingMessage> {
  const fault = faultOf(rule, 'request');
  const { method, url = '/' } = incoming;
  const headers = withoutLength(incoming.headers, fault);
  const outgoing = request(new URL(url, target), { method, headers, agent: false });
  if (rule.act.kind !== 'hold-answer') answer.on('close', () => outgoing.destroy());
  const hangUp = () => {
    incoming.socket.resetAndDestroy();
    outgoing.destroy();
  };
  const passed = (count: number) => {
    bytes.request += count;
  };
  incoming
    .on('error', hangUp)
    .pipe(spoil(fault, passed, hangUp, rule.isOn).on('error', hangUp))
    .pipe(outgoing);
  // The server sees the end of the bytes, even if it expects more.
  if (fault?.kind === 'truncate') outgoing.once('finish', () => outgoing.socket?.end());
  return responseOf(outgoing);
}

function passAnswer({ rule, incoming, answer, bytes }: Exchange, given: IncomingMessage): void {
  const fault = faultOf(rule, 'answer');
  const hangUp = () => incoming.socket.resetAndDestroy();
  const passed = (count: number) => {
    bytes.answer += count;
  };
  answer.writeHead(given.statusCode ?? 502, withoutLength(given.headers, fault));
  given
    .on('error', hangUp)
    .pipe(spoil(fault, passed, hangUp, rule.isOn).on('error', hangUp))
    .pipe(answer);
}

function faultOf({ act }: Rule, of: 'request' | 'answer'): BodyFault | undefined {
  return act.kind === 'body' && act.of === of ? act.fault : undefined;
}

/**
 * Returns the headers to pass on. If the body is to end early, leaves out its length, because with a length
 * the body would not look complete. A length that the sender has signed has to stay.
 */
function withoutLength(headers: IncomingMessage['headers'], fault: BodyFault | undefined) {
  const { 'content-length': length, ...others } = headers;
  if (fault?.kind !== 'truncate' || length === undefined || isLengthSigned(headers)) return headers;
  return others;
}

function isLengthSigned({ authorization = '' }: IncomingMessage['headers']): boolean {
  return /SignedHeaders=[^,]*content-length/.test(authorization);
}

async function responseOf(outgoing: ReturnType<typeof request>): Promise<IncomingMessage> {
  // If the connection breaks after the head of the answer, an error of the answer says so.
  outgoing.on('error', () => {});
  const [given] = (await once(outgoing, 'response')) as [IncomingMessage];
  return given;
}
