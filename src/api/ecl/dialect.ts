import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import Type from 'typebox';
import { JobError } from '../../job-service/index.ts';
import { Callers, continueAfterCheck } from '../caller/index.ts';
import type { Dialect, RegisterContext } from '../dialect.ts';
import type { ProblemKind } from '../problem.ts';
import { describeAnswers, successAnswers } from '../responses.ts';
import { answerError, answerUnauthorized, answerUnrouted, ERROR_ANSWERS } from './errors.ts';
import { addEventsRoute } from './events.ts';
import { addPauseRoutes } from './pause.ts';
import { chooseRegions } from './regions.ts';
import {
  CopyBody,
  CopyHeaders,
  ErrorBody,
  Job,
  JobCreated,
  JobParams,
  ListHeaders,
  ListQuerystring,
  RequestId,
  Unauthorized,
} from './schemas.ts';

const JOBS = '/v2/extension/image_replicator/jobs';
const tag = {
  name: 'ECL image_replicator',
  description: 'NTT ECL: copies of images, as jobs.',
};
const documented = { tags: [tag.name], security: [{ token: [] }] };
const errors = (...kinds: ProblemKind[]) => ({
  ...describeAnswers(ERROR_ANSWERS, ErrorBody, RequestId, kinds),
  401: Unauthorized,
});

/**
 * NTT ECL's image_replicator API, as its documentation and its own client (eclsdk) define it.
 * @see https://sdpf.ntt.com/services/docs/image-storage/api-references/
 */
export const eclDialect: Dialect = {
  name: 'ecl',
  tag,
  paths: /^\/v2\/extension\/image_replicator\//,
  register,
  answerUnrouted,
};

const answer = successAnswers(RequestId);

async function register(scope: FastifyInstance, context: RegisterContext): Promise<void> {
  const { jobs, identity, config, regionNames, limitsOf, admit } = context;
  const app = scope.withTypeProvider<TypeBoxTypeProvider>();
  const callers = new Callers(admit);
  const copyingCallerOf = (request: FastifyRequest) => {
    const caller = callers.of(request);
    if (caller.may_copy) return caller;
    throw new JobError('forbidden', 'your roles allow you to look at jobs, not to start or cancel one');
  };

  app.setErrorHandler(answerError);
  app.addHook('onRequest', async (request, reply) => {
    const token = request.headers['x-auth-token'];
    const principal = typeof token === 'string' && token !== '' ? await identity.authenticate(token) : null;
    if (principal === null) return answerUnauthorized(reply, identity.challenge);
    await callers.add(request, principal);
  });
  continueAfterCheck(app);

  app.post(
    JOBS,
    {
      schema: {
        ...documented,
        operationId: 'copyImage',
        summary: 'Copy image',
        description: 'Starts a job that copies an image to another region, or to another tenant.',
        headers: CopyHeaders,
        body: CopyBody,
        response: {
          202: answer(JobCreated, 'The job is started.'),
          ...errors(
            'invalid',
            'malformed_json',
            'read_only',
            'image_not_found',
            'image_conflict',
            'quota_exceeded',
            'key_reused',
          ),
        },
      },
    },
    async (request, reply) => {
      const { body } = request;
      const caller = copyingCallerOf(request);
      const { credential, tenant_id } = caller;
      if (!(await caller.mayCopyInto(body.tenant_id_dst))) {
        // A 404 does not tell the caller whether the tenant exists.
        throw new JobError('image_not_found', `there is no tenant ${body.tenant_id_dst}`, {
          field: 'destination.tenant_id',
        });
      }
      const { source, destination } = chooseRegions(body, request.hostname, config, regionNames());
      const copy = {
        source: { region: source, image_id: body.image_id, tenant_id },
        destination: {
          region: destination,
          tenant_id: body.tenant_id_dst,
          ...(body.image_name_dst !== undefined && { image_name: body.image_name_dst }),
        },
      };
      const key = request.headers['idempotency-key'];
      const options = {
        dialect: eclDialect.name,
        ...(key !== undefined && { idempotency_key: key }),
        ...(credential !== undefined && { credential }),
      };
      const { job_id } = await jobs.start({ tenant_id }, copy, options);
      return reply.code(202).send({ job_id });
    },
  );

  app.get(
    JOBS,
    {
      schema: {
        ...documented,
        operationId: 'listImageCopyJobs',
        summary: 'List image copy jobs',
        description: 'Lists the jobs of the tenant, the running ones first.',
        querystring: ListQuerystring,
        response: {
          200: { ...Type.Array(Job), description: 'The jobs, as one page.', headers: ListHeaders },
          ...errors('invalid'),
        },
      },
    },
    async (request, reply) => {
      const { limit, marker, status } = request.query;
      const page = await jobs.list(callers.of(request), {
        ...(limit !== undefined && { limit: Number(limit) }),
        ...(marker !== undefined && { marker }),
        ...(status !== undefined && { status }),
      });
      if (page.next_marker !== null) {
        const next = new URLSearchParams({ ...request.query, marker: page.next_marker });
        // The address is relative (RFC 3986, section 5), because a proxy may add a prefix to the path.
        reply.header('Link', `<?${next}>; rel="next"`);
      }
      return reply.send([...page.jobs]);
    },
  );

  app.get(
    `${JOBS}/:job_id`,
    {
      schema: {
        ...documented,
        operationId: 'showImageCopyJob',
        summary: 'Get image copy job details',
        description: 'Shows a job, with its live progress while it runs.',
        params: JobParams,
        response: { 200: answer(Job, 'The job.'), ...errors('job_not_found') },
      },
    },
    async (request) => jobs.show(callers.of(request), request.params.job_id),
  );

  app.delete(
    `${JOBS}/:job_id`,
    {
      schema: {
        ...documented,
        operationId: 'cancelImageCopyJob',
        summary: 'Cancel during copy image',
        description: 'Cancels a job. Nothing of the copy is left at the destination.',
        params: JobParams,
        response: {
          204: answer(Type.Null(), 'The cancel is accepted.'),
          ...errors('read_only', 'job_not_found', 'wrong_status'),
        },
      },
    },
    async (request, reply) => {
      const { tenant_id } = copyingCallerOf(request);
      const { job_id } = request.params;
      await jobs.cancel({ tenant_id }, job_id, { requested_by: `tenant ${tenant_id}` });
      return reply.code(204).send(null);
    },
  );

  addPauseRoutes(scope, {
    jobs,
    path: JOBS,
    documented,
    problems: errors('invalid', 'malformed_json', 'read_only', 'job_not_found', 'wrong_status'),
    tenantOf: (request) => copyingCallerOf(request).tenant_id,
  });

  addEventsRoute(scope, {
    jobs,
    path: JOBS,
    documented,
    problems: errors('job_not_found'),
    tenantOf: (request) => callers.of(request).tenant_id,
    limitOf: (tenantId) => limitsOf(tenantId).eventStreams,
  });
}
