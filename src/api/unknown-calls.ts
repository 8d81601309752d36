import type { FastifyInstance } from 'fastify';
import { RequestProblem } from './problem.ts';

/** Answers requests for paths below a prefix that have no route, with the dialect's own error. */
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
