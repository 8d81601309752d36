import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyBaseLogger, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { PlainAnswer } from './dialect.ts';
import { dialects } from './dialects.ts';
import { eclDialect } from './ecl/index.ts';
import type { ProblemKind } from './problem.ts';

/** The time for a client to read the answer, while it may still be sending; milliseconds. */
const LINGER = 1000;

/** An error of Node.js about a request that is not good HTTP. */
interface ClientError {
  readonly code?: string | undefined;
  /** The bytes that were being read, as a buffer. */
  readonly rawPacket?: unknown;
}

/** Tells a problem of a request that no route sees, in the words of the dialect whose path it has. */
export function plainAnswer(url: string, kind: ProblemKind, message: string, requestId: string): PlainAnswer {
  const own = dialects.find(({ paths }) => paths.test(url)) ?? eclDialect;
  return own.tell({ kind, message }, requestId);
}

/** Makes an id for the log and for the answer to a request. */
export function newRequestId(): string {
  return `req-${randomUUID()}`;
}

/** Answers requests that Node.js cannot read as HTTP, or waits for in vain. No route sees them. */
export class BadHttp {
  readonly #underWay = new WeakMap<Socket, Set<{ request: FastifyRequest; reply: FastifyReply }>>();
  readonly #answered = new WeakSet<Socket>();

  /** Notes which requests are under way on each connection from now on. */
  watch(app: FastifyInstance): void {
    app.addHook('onRequest', async (request, reply) => {
      const { socket } = request.raw;
      const here = this.#underWay.get(socket) ?? new Set();
      const entry = { request, reply };
      this.#underWay.set(socket, here.add(entry));
      reply.raw.once('close', () => here.delete(entry));
    });
  }

  /**
   * Answers in the words of the dialect, if the path can be read, and ends the connection. Sends nothing if
   * that could be taken for the answer to an earlier request, or for a part of one.
   */
  answer(error: ClientError, socket: Socket, logger: FastifyBaseLogger): void {
    if (error.code === 'ECONNRESET' || socket.destroyed || this.#answered.has(socket)) return;
    this.#answered.add(socket);
    const underWay = [...(this.#underWay.get(socket) ?? [])];
    const unfinished = underWay.find(({ request }) => !request.raw.complete);
    const isFree = underWay.every((one) => one === unfinished && !one.reply.raw.headersSent);
    if (!socket.writable || !isFree) {
      socket.destroy();
      return;
    }
    const [kind, message] = problemOf(error);
    const requestId = unfinished?.request.id ?? newRequestId();
    const url = unfinished?.request.url ?? urlIn(error.rawPacket);
    logger.info({ reqId: requestId, url, code: error.code }, 'a request that is not valid HTTP was refused');
    socket.end(serialize(plainAnswer(url, kind, message, requestId)), () => {
      // After a timeout the connection closes at once, so that the rest of the request is not taken.
      if (kind === 'timed_out') socket.destroy();
      else setTimeout(() => socket.destroy(), LINGER).unref();
    });
  }
}

function problemOf({ code }: ClientError): [ProblemKind, string] {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return ['timed_out', 'the request has not arrived in time'];
  if (code === 'HPE_HEADER_OVERFLOW')
    return ['headers_too_large', 'the headers of the request are too large'];
  return ['bad_http', 'the request is not valid HTTP'];
}

/** Returns the path of the last request whose first line is in a packet; empty if there is none. */
function urlIn(packet: unknown): string {
  const text = Buffer.isBuffer(packet) ? packet.toString('latin1') : '';
  const lines = text.matchAll(/(?:^|\n)[A-Z]+ (\/\S*)/g);
  return [...lines].at(-1)?.[1] ?? '';
}

function serialize({ status, headers, body }: PlainAnswer): string {
  const text = JSON.stringify(body);
  const all = { ...headers, 'Content-Length': String(Buffer.byteLength(text)), Connection: 'close' };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${text}`;
}
