import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Payload, PayloadCodec } from '@temporalio/common';
import proto from '@temporalio/proto';

const { Payload: PayloadMessage } = proto.temporal.api.common.v1;
/** The largest request; bytes. The Web UI sends one page of a history at a time. */
const MAX_BODY = 32 * 1024 * 1024;

/** Tells whether a bearer token belongs to an operator. Rejects if that cannot be checked at the moment. */
export type OperatorCheck = (token: string) => Promise<boolean>;

/** Says who may use the codec server. */
export interface CodecServerOptions {
  /** The origin of the Web UI. Requests from pages of other origins are refused. */
  readonly origin: string;
  /** Checks the token of each request; `null` if everybody who can reach the server may read everything. */
  readonly admits: OperatorCheck | null;
}

/**
 * Returns a server that decrypts payloads for Temporal's Web UI and for the command `temporal` (their "remote
 * codec endpoint"), and encrypts the payloads that they send.
 * @see https://docs.temporal.io/production-deployment/data-encryption
 */
export function createCodecServer(codec: PayloadCodec, options: CodecServerOptions): Server {
  return createServer((request, response) => {
    answer(codec, options, request, response).catch((error: Error) => {
      response.writeHead(400, { 'Content-Type': 'text/plain' }).end(error.message);
    });
  });
}

async function answer(
  codec: PayloadCodec,
  options: CodecServerOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  response.setHeader('Access-Control-Allow-Origin', options.origin);
  response.setHeader('Access-Control-Allow-Credentials', 'true');
  response.setHeader('Access-Control-Allow-Headers', 'Authorization,Content-Type,X-Namespace');
  response.setHeader('Vary', 'Origin');
  const call = CALLS[request.url?.split('?')[0] ?? ''];
  const refusal = await refusalOf(options, request, call);
  if (refusal === 401) response.setHeader('WWW-Authenticate', 'Bearer');
  if (refusal !== null || call === undefined) return void response.writeHead(refusal ?? 404).end();
  const { payloads = [] } = JSON.parse(await bodyOf(request)) as { payloads?: object[] };
  const done = await codec[call](payloads.map((payload) => PayloadMessage.fromObject(payload) as Payload));
  const plain = done.map((payload) =>
    PayloadMessage.toObject(PayloadMessage.create(payload), { bytes: String }),
  );
  response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify({ payloads: plain }));
}

/** Returns the HTTP status of the answer, if the request is not to be carried out; otherwise `null`. */
async function refusalOf(
  { origin, admits }: CodecServerOptions,
  { method, headers }: IncomingMessage,
  call: Call | undefined,
): Promise<number | null> {
  // A browser sends its page's origin with each of these requests. Other clients, such as Temporal's command,
  // send none.
  if (headers.origin !== undefined && headers.origin !== origin) return 403;
  // This is a browser's preflight request (CORS), which carries no token.
  if (method === 'OPTIONS') return 204;
  if (method !== 'POST' || call === undefined) return 404;
  if (admits === null) return null;
  const token = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1];
  if (token === undefined) return 401;
  return admits(token).then(
    (isOperator) => (isOperator ? null : 401),
    () => 503,
  );
}

type Call = 'encode' | 'decode';

const CALLS: Readonly<Record<string, Call>> = { '/encode': 'encode', '/decode': 'decode' };

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > MAX_BODY) throw new Error(`a request may have at most ${MAX_BODY} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
