import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyBaseLogger, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { UnroutedAnswer } from './dialect.ts';
import { dialects } from './dialects.ts';
import { eclDialect } from './ecl/index.ts';
import type { ProblemKind } from './problem.ts';

/** How long a connection stays open for a client to read the answer; milliseconds. */
const LINGER = 1000;

/** An error of Node.js about a request that is not valid HTTP, or that has not arrived in time. */
interface ClientError {
  readonly code?: string | undefined;
  /** The bytes that Node.js was reading; a buffer. */
  readonly rawPacket?: unknown;
}

/**
 * Returns the answer to a request that reaches no route, in the form of the dialect to which its path
 * belongs. A path of no dialect gets the form of ECL.
 */
export function unroutedAnswer(
  url: string,
  kind: ProblemKind,
  message: string,
  requestId: string,
): UnroutedAnswer {
  const dialect = dialects.find(({ paths }) => paths.test(url)) ?? eclDialect;
  return dialect.answerUnrouted({ kind, message }, requestId);
}

/** Returns a new id for a request. The request's log lines and its answer contain the id. */
export function newRequestId(): string {
  return `req-${randomUUID()}`;
}

/** Answers requests that are not valid HTTP, or that have not arrived in time. They reach no route. */
export class BadHttp {
  readonly #underWay = new WeakMap<Socket, Set<{ request: FastifyRequest; reply: FastifyReply }>>();
  readonly #answered = new WeakSet<Socket>();

  /** From now on, keeps track of the requests that are being answered on each connection. */
  watch(app: FastifyInstance): void {
    app.addHook('onRequest', async (request, reply) => {
      const { socket } = request.raw;
      const requests = this.#underWay.get(socket) ?? new Set();
      const entry = { request, reply };
      this.#underWay.set(socket, requests.add(entry));
      reply.raw.once('close', () => requests.delete(entry));
    });
  }

  /**
   * Answers the request with an error, and ends the connection. Sends nothing if an earlier request still
   * awaits its answer, or if the answer to this request has begun: the client would take the error for a part
   * of that answer.
   */
  answer(error: ClientError, socket: Socket, logger: FastifyBaseLogger): void {
    if (error.code === 'ECONNRESET' || socket.destroyed || this.#answered.has(socket)) return;
    this.#answered.add(socket);
    const underWay = [...(this.#underWay.get(socket) ?? [])];
    const arriving = underWay.find(({ request }) => !request.raw.complete);
    // Only the request that is still arriving may be under way, and its answer must not have begun.
    const mayAnswer = underWay.every((one) => one === arriving && !one.reply.raw.headersSent);
    if (!socket.writable || !mayAnswer) {
      socket.destroy();
      return;
    }
    const [kind, message] = problemOf(error);
    const requestId = arriving?.request.id ?? newRequestId();
    const url = arriving?.request.url ?? urlIn(error.rawPacket);
    logger.info({ reqId: requestId, url, code: error.code }, 'a request that is not valid HTTP was refused');
    socket.end(serialize(unroutedAnswer(url, kind, message, requestId)), () => {
      // After a timeout, the client could still send the rest of the request, and a route would carry it out.
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

function serialize({ status, headers, body }: UnroutedAnswer): string {
  const text = JSON.stringify(body);
  const all = { ...headers, 'Content-Length': String(Buffer.byteLength(text)), Connection: 'close' };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${text}`;
}
