import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Payload, PayloadCodec } from '@temporalio/common';
import proto from '@temporalio/proto';

const { Payload: PayloadMessage } = proto.temporal.api.common.v1;
/** The largest request; bytes. The Web UI sends one page of a history at a time. */
const MAX_BODY = 32 * 1024 * 1024;

/**
 * Returns a server that decrypts payloads for Temporal's Web UI (its "remote codec endpoint") and encrypts
 * the payloads that the Web UI sends. The server has no sign-in, and everybody who reaches it can read
 * everything. A proxy in front of it MUST therefore ask for one.
 * @param origin the origin of the Web UI: only its pages may read the answers
 * @see https://docs.temporal.io/production-deployment/data-encryption
 */
export function createCodecServer(codec: PayloadCodec, origin: string): Server {
  return createServer((request, response) => {
    answer(codec, origin, request, response).catch((error: Error) => {
      response.writeHead(400, { 'Content-Type': 'text/plain' }).end(error.message);
    });
  });
}

async function answer(
  codec: PayloadCodec,
  origin: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  response.setHeader('Access-Control-Allow-Origin', origin);
  response.setHeader('Access-Control-Allow-Credentials', 'true');
  response.setHeader('Access-Control-Allow-Headers', 'Authorization,Content-Type,X-Namespace');
  response.setHeader('Vary', 'Origin');
  const run = STEPS[request.url?.split('?')[0] ?? ''];
  if (request.method === 'OPTIONS') response.writeHead(204).end();
  else if (request.method !== 'POST' || run === undefined) response.writeHead(404).end();
  else {
    const { payloads = [] } = JSON.parse(await bodyOf(request)) as { payloads?: object[] };
    const done = await codec[run](payloads.map((payload) => PayloadMessage.fromObject(payload) as Payload));
    const plain = done.map((payload) =>
      PayloadMessage.toObject(PayloadMessage.create(payload), { bytes: String }),
    );
    response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify({ payloads: plain }));
  }
}

const STEPS: Readonly<Record<string, 'encode' | 'decode'>> = { '/encode': 'encode', '/decode': 'decode' };

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > MAX_BODY) throw new Error(`a request has at most ${MAX_BODY} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
