import Fastify from 'fastify';
import { expect, test } from 'vitest';
import * as bcc from '../../src/api/bcc/schemas.ts';
import * as drs from '../../src/api/drs/schemas.ts';
import * as ecl from '../../src/api/ecl/schemas.ts';
import * as sfsTurbo from '../../src/api/sfs-turbo/schemas.ts';
import { VALIDATOR, validationProblem } from '../../src/api/validation-problem.ts';

interface Request {
  readonly query?: Record<string, string>;
  readonly body?: object;
}

/** Returns what a client is told about a request that does not match these schemas. */
async function told(schema: { querystring?: object; body?: object }, { query, body }: Request) {
  const app = Fastify({ ajv: { customOptions: VALIDATOR } });
  app.setErrorHandler((error, _request, reply) =>
    reply.send(validationProblem(error as Parameters<typeof validationProblem>[0])),
  );
  app.post('/', { schema }, async () => 'accepted');
  const answer = await app.inject({
    method: 'POST',
    url: '/',
    ...(query && { query }),
    ...(body && { body }),
  });
  return answer.body;
}

test.each<[string, object, Record<string, string>]>([
  ['limit: has to be a whole number from 1 to 1000; got "0"', ecl.ListQuerystring, { limit: '0' }],
  ['limit: has to be a whole number from 1 to 1000; got "ten"', drs.ListQuerystring, { limit: 'ten' }],
  ['offset: has to be a whole number from 0 to 999999; got "-1"', drs.ListQuerystring, { offset: '-1' }],
  ['type: has to be one of: overview, detail; got "all"', drs.DetailQuerystring, { type: 'all' }],
  [
    'end_time: has to be a time in UTC such as 2026-01-31T08:00:00; got "yesterday"',
    sfsTurbo.ListQuerystring,
    { end_time: 'yesterday' },
  ],
  [
    'clientToken: has to be a text of 1 to 255 characters; got ""',
    bcc.ActionQuerystring,
    { clientToken: '' },
  ],
])('a query is refused in plain words: %s', async (message, querystring, query) => {
  expect(await told({ querystring }, { query })).toBe(message);
});

test.each<[string, object, object]>([
  ['tenant_id_dst: is missing', ecl.CopyBody, { image_id: 'x' }],
  [
    'image_id: has to be a text of 1 to 255 characters; got 7',
    ecl.CopyBody,
    { image_id: 7, tenant_id_dst: 'a' },
  ],
  ['jobs: at least one entry is needed', drs.BatchStopBody, { jobs: [] }],
  ['jobs: at most 50 entries are allowed', drs.BatchStopBody, { jobs: Array(51).fill({ job_id: 'x' }) }],
  ['jobs.0.job_id: is missing', drs.BatchStopBody, { jobs: [{}] }],
  [
    'jobs.0.force: is not known here; use one of: job_id, is_force_stop',
    drs.BatchStopBody,
    { jobs: [{ job_id: 'x', force: true }] },
  ],
  ['is_force_stop: has to be true or false; got "yes"', drs.StopBody, { is_force_stop: 'yes' }],
])('a body is refused in plain words: %s', async (message, schema, body) => {
  expect(await told({ body: schema }, { body })).toBe(message);
});
