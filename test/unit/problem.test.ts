import Fastify from 'fastify';
import { expect, test } from 'vitest';
import { type ErrorAnswer, errorAnswerFor, type ProblemKind, RequestProblem } from '../../src/api/problem.ts';
import { IdentityUnavailable } from '../../src/identity/index.ts';
import { JobError } from '../../src/job-service/index.ts';
import { TaskError } from '../../src/task-service/index.ts';

/** A dialect that answers every problem with 400. */
const dialect = new Proxy({} as Record<ProblemKind, ErrorAnswer>, { get: () => ({ status: 400 }) });

async function problemThrown(error: unknown): Promise<unknown> {
  const app = Fastify();
  app.get('/', (request) => {
    const { kind, message, field } = errorAnswerFor(dialect, error, request);
    return { kind, message, field };
  });
  return (await app.inject('/')).json();
}

test.each<[ProblemKind, string | null, Error]>([
  ['job_not_found', null, new JobError('not_found', 'x')],
  ['wrong_status', null, new JobError('conflict', 'x')],
  ['invalid', 'source.region', new JobError('invalid', 'x', { field: 'source.region' })],
  ['destination_region', 'destination.region', new JobError('invalid', 'x', { field: 'destination.region' })],
  ['task_not_found', null, new TaskError('task_not_found', 'x')],
  ['malformed_json', null, new RequestProblem('malformed_json', 'x')],
  ['too_large', null, Object.assign(new Error('x'), { statusCode: 413 })],
  ['bad_http', null, Object.assign(new Error('x'), { statusCode: 400 })],
])('an error is answered as %s (field: %s)', async (kind, field, error) => {
  expect(await problemThrown(error)).toEqual({ kind, message: 'x', field });
});

test.each([new TypeError('a secret'), Object.assign(new Error('a secret'), { statusCode: 500 })])(
  'the answer to a fault of ours does not tell its cause',
  async (error) => {
    expect(await problemThrown(error)).toMatchObject({ kind: 'internal', message: 'internal error' });
  },
);

test('the answer while an identity cannot be reached does not tell its address', async () => {
  const answer = await problemThrown(new IdentityUnavailable('10.0.0.1 refuses'));
  expect(answer).toMatchObject({ kind: 'identity_unavailable' });
  expect(JSON.stringify(answer)).not.toContain('10.0.0.1');
});
