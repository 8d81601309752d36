import type { FastifyInstance, FastifyRequest } from 'fastify';
import secureJsonParse from 'secure-json-parse';

/** A body that is not JSON. */
export class MalformedJson extends Error {
  override readonly name = 'MalformedJson';
  readonly statusCode = 400;
}

/**
 * Makes every body JSON, whatever its Content-Type says (curl says a form's), also one that nobody can read.
 */
export function takeBodiesForJson(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'string' }, parseJson);
  // Fastify refuses a type that it cannot read before anybody is asked who sends it.
  app.addHook('onRequest', async (request) => {
    request.headers = { ...request.headers, 'content-type': undefined };
  });
}

/** A body's value. None is none: clients send the type of a body with a DELETE that has none. */
export async function parseJson(_request: FastifyRequest, body: string | Buffer): Promise<unknown> {
  const text = body.toString();
  if (text.trim() === '') return undefined;
  try {
    return secureJsonParse(text);
  } catch (cause) {
    throw new MalformedJson('body: is not JSON', { cause });
  }
}
