import { request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import Fastify, { type FastifyInstance } from 'fastify';
import { vi } from 'vitest';
import { requireCaller } from '../../src/api/caller/index.ts';
import { parseEveryBodyAsJson } from '../../src/api/json.ts';
import { RequestProblem } from '../../src/api/problem.ts';
import type { Identity } from '../../src/identity/index.ts';
import type { SignatureScheme } from '../../src/signatures/index.ts';
import type { Vector } from '../unit/signatures/vectors.ts';

/**
 * Serves a dialect in a scope of its own, at `/v…`, and beside it a route whose bodies are parsed as usual.
 */
export async function serveSigned<Claim extends { readonly access: string }>(
  scheme: SignatureScheme<Claim>,
  identity: Identity,
): Promise<FastifyInstance> {
  const app = Fastify({ bodyLimit: 16_384 });
  parseEveryBodyAsJson(app);
  app.setErrorHandler((error, _request, reply) =>
    reply.code(error instanceof RequestProblem && error.kind === 'malformed_json' ? 400 : 500).send({}),
  );
  await app.register(async (scope) => {
    const callerOf = requireCaller(scope, {
      identity,
      scheme,
      admit: async () => {},
      refuse: (why, _request, reply) => reply.code(401).send({ why }),
    });
    scope.all('/v*', async (request) => {
      const { body = null, query } = request;
      return { tenant: callerOf(request).tenant_id, body, query };
    });
  });
  app.all('/plain', async ({ body = null }) => ({ body }));
  await app.listen({ port: 0, host: '127.0.0.1' });
  return app;
}

export interface Changes {
  readonly url?: string;
  readonly body?: Buffer;
  readonly headers?: Readonly<Record<string, string | undefined>>;
  /** The time at which the request arrives; milliseconds since the epoch. */
  readonly at?: number;
}

interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: whatever the routes above have sent
  readonly body: any;
}

/** Sends a recorded request with these changes, and sets the clock to the time at which it was recorded. */
export async function replay(
  app: FastifyInstance,
  { request, now }: Vector,
  changes: Changes = {},
): Promise<Answer> {
  const { url = request.url, body = request.body, at = now } = changes;
  vi.useFakeTimers({ toFake: ['Date'], now: at });
  const all = Object.entries({ ...request.headers, connection: 'close', ...changes.headers });
  const headers = Object.fromEntries(
    all.flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])),
  );
  const { port } = app.server.address() as AddressInfo;
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  httpRequest({ port, method: request.method, path: url, headers }, async (answer) => {
    const received = await text(answer);
    resolve({ status: answer.statusCode ?? 0, body: received === '' ? null : JSON.parse(received) });
  })
    .on('error', reject)
    .end(body);
  return promise;
}
