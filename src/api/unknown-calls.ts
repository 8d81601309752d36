import type { FastifyInstance } from 'fastify';
import { RequestProblem } from './problem.ts';

/**
 * Answers a request with the dialect's own error if its path begins with a prefix, but no route has that
 * path.
 */
export async function refuseUnknownCalls(app: FastifyInstance, prefix: string): Promise<void> {
  const unknown = async (rest: FastifyInstance) => {
    rest.setNotFoundHandler(() => {
      throw new RequestProblem(
        'unknown_call',
        'this API has no such call; /openapi.json describes those that it has',
      );
    });
  };
  await app.register(unknown, { prefix });
}
