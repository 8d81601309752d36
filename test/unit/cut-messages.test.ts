/** Tests that a message stays well-formed Unicode if it is cut in the middle of a character. */
import Fastify from 'fastify';
import { expect, test } from 'vitest';
import { answerError } from '../../src/api/drs/errors.ts';
import { undecodable } from '../../src/copy-job/index.ts';
import { JobError } from '../../src/job-service/index.ts';

/** An odd number of code units, and then pairs of them: every cut at an even number splits a pair. */
const LONG = `x${'😀'.repeat(600)}`;

test('a message of DRS is cut to 512 characters, and stays well-formed', async () => {
  const app = Fastify();
  app.setErrorHandler(answerError);
  app.get('/', () => {
    throw new JobError('image_conflict', LONG);
  });
  const { error_msg: message } = (await app.inject('/')).json();
  expect(message).toHaveLength(512);
  expect(message.isWellFormed()).toBe(true);
});

test('the problem of a payload that cannot be decoded is cut to 200 characters, and stays well-formed', () => {
  const { undecodable_payload: problem } = undecodable(LONG);
  expect(problem).toHaveLength(200);
  expect(problem.isWellFormed()).toBe(true);
});
