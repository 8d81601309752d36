import type { FastifyInstance, FastifyRequest } from 'fastify';
import secureJsonParse from 'secure-json-parse';
import { harmless, ILL_FORMED, illFormedField } from '../text/index.ts';
import { RequestProblem } from './problem.ts';

/** Parses every body as JSON, whatever its Content-Type is. By default, curl sends the type of a form. */
export function parseEveryBodyAsJson(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'string' }, parseJson);
  // The header is hidden from Fastify, which would refuse a malformed type.
  app.addHook('onRequest', async (request) => {
    request.headers = { ...request.headers, 'content-type': undefined };
  });
}

/**
 * Returns the value of a body; `undefined` if the body is empty, as in most DELETE requests.
 * @throws RequestProblem `malformed_json`; or `invalid`, naming the field, if text is not well-formed Unicode
 */
export async function parseJson(_request: FastifyRequest, body: string | Buffer): Promise<unknown> {
  const text = body.toString();
  if (text.trim() === '') return undefined;
  let value: unknown;
  try {
    value = secureJsonParse(text);
  } catch (cause) {
    throw new RequestProblem('malformed_json', 'body: is not valid JSON', { cause });
  }
  const field = illFormedField(value);
  if (field !== undefined) throw new RequestProblem('invalid', `${harmless(field) || 'body'}: ${ILL_FORMED}`);
  return value;
}
