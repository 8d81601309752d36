import type { FastifyRequest } from 'fastify';
import secureJsonParse from 'secure-json-parse';

/** A body that is not JSON. */
export class MalformedJson extends Error {
  override readonly name = 'MalformedJson';
  readonly statusCode = 400;
}

/**
 * Every body is JSON, whatever its Content-Type says (curl says a form's), and none is none: clients send
 * the type of a body with a DELETE that has none.
 */
export async function parseJson(_request: FastifyRequest, body: string | Buffer): Promise<unknown> {
  const text = body.toString();
  if (text.trim() === '') return undefined;
  try {
    return secureJsonParse(text);
  } catch (cause) {
    throw new MalformedJson('body: is not JSON', { cause });
  }
}
