import type { FastifyInstance } from 'fastify';
import type { TSchema } from 'typebox';
import Type from 'typebox';
import { type ErrorAnswer, type ProblemKind, RequestProblem } from './problem.ts';

/** The problems with which every call of every dialect may end. */
const EVERYWHERE: readonly ProblemKind[] = [
  'bad_http',
  'timed_out',
  'headers_too_large',
  'too_large',
  'throttled',
  'unavailable',
  'identity_unavailable',
  'internal',
];

/** Every HTTP status that reports a problem. */
type ProblemStatus = 400 | 401 | 403 | 404 | 405 | 408 | 409 | 413 | 422 | 429 | 431 | 500 | 503;

/** The schemas of a call's answers to problems, by status. */
export type Answers<Body extends TSchema> = Partial<Record<ProblemStatus, Body>>;

/**
 * Returns a function that adds a description and a dialect's headers to the schema of a successful answer.
 * @param headers the headers of every answer of the dialect
 */
export function successAnswers(headers: object): <S extends TSchema>(schema: S, description: string) => S {
  return (schema, description) => ({ ...schema, description, headers });
}

/**
 * Returns the schemas of a call's answers to problems. They come from the dialect's table of errors, so the
 * OpenAPI description always agrees with the answers.
 * @param kinds the problems with which the call may end, besides those of every call
 * @param headers the headers of every answer of the dialect
 */
export function describeAnswers<Body extends TSchema>(
  errorAnswers: Readonly<Record<ProblemKind, ErrorAnswer>>,
  body: Body,
  headers: object,
  kinds: readonly ProblemKind[],
): Answers<Body> {
  const byStatus: Record<number, Body> = {};
  const possible = [...kinds, ...EVERYWHERE];
  for (const { status } of possible.map((kind) => errorAnswers[kind])) {
    const named = possible
      .filter((kind) => errorAnswers[kind].status === status)
      .map((kind) => kind.replaceAll('_', ' '));
    byStatus[status] = {
      ...body,
      description: `The problem is one of: ${[...new Set(named)].join(', ')}.`,
      headers: named.includes('throttled') ? { ...headers, 'Retry-After': RETRY_AFTER } : headers,
    };
  }
  return byStatus as Answers<Body>;
}

const RETRY_AFTER = { ...Type.String(), description: 'Seconds after which the request may be sent again.' };

/**
 * Answers 405 to the methods that a path of this scope does not have. The header `Allow` lists the methods of
 * the path. MUST be called after all routes have been added to the scope.
 */
export function refuseOtherMethods(scope: FastifyInstance, routes: Routes): void {
  for (const [url, methods] of routes) {
    const others = scope.supportedMethods.filter((method) => !methods.has(method));
    const allow = [...methods].sort().join(', ');
    scope.route({
      method: others,
      url,
      schema: { hide: true },
      // After this hook, Fastify might refuse the body instead: its rules for a body depend on the method.
      async onRequest(_request, reply) {
        reply.header('Allow', allow);
        throw new RequestProblem('method_not_allowed', `this address takes ${allow}`);
      },
      handler: async () => undefined,
    });
  }
}

/** The methods of each path. */
type Routes = ReadonlyMap<string, ReadonlySet<string>>;

/** Collects the routes that are added to a scope from now on, except hidden ones. */
export function collectRoutes(scope: FastifyInstance): Routes {
  const routes = new Map<string, Set<string>>();
  scope.addHook('onRoute', ({ url, method, schema }) => {
    if (schema?.hide) return;
    const methods = routes.get(url) ?? new Set();
    for (const name of [method].flat()) methods.add(name);
    routes.set(url, methods);
  });
  return routes;
}
