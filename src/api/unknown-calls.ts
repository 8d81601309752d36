import type { FastifyInstance } from 'fastify';
import { RequestProblem } from './problem.ts';

/** Makes the dialect answer requests below a prefix that match none of its routes. */
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
