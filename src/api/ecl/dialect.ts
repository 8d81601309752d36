import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import Type from 'typebox';
import { JobError } from '../../job-service/index.ts';
import { Callers } from '../caller/index.ts';
import type { Dialect, DialectContext } from '../dialect.ts';
import { answerError, answerUnauthorized } from './errors.ts';
import { chooseRegions } from './regions.ts';
import { CopyBody, CopyHeaders, ErrorBody, Job, JobCreated, JobParams, ListQuerystring } from './schemas.ts';

const JOBS = '/v2/extension/image_replicator/jobs';
const documented = { tags: ['ECL image_replicator'], security: [{ token: [] }] };

/**
 * NTT ECL's image_replicator API, as its documents and its own client (eclsdk) have it.
 * @see https://sdpf.ntt.com/services/docs/image-storage/api-references/
 */
export const eclDialect: Dialect = { name: 'ecl', register };

async function register(scope: FastifyInstance, context: DialectContext): Promise<void> {
  const { jobs, identity, config, regionNames } = context;
  const app = scope.withTypeProvider<TypeBoxTypeProvider>();
  const callers = new Callers();
  const copierOf = (request: FastifyRequest) => {
    const caller = callers.of(request);
    if (caller.may_copy) return caller;
    throw new JobError('forbidden', 'your roles allow you to look at jobs, not to start or cancel one');
  };

  app.setErrorHandler(answerError);
  app.addHook('onRequest', async (request, reply) => {
    const token = request.headers['x-auth-token'];
    const principal = typeof token === 'string' && token !== '' ? await identity.authenticate(token) : null;
    if (principal === null) return answerUnauthorized(reply, identity.challenge);
    callers.add(request, principal);
  });

  app.post(
    JOBS,
    {
      schema: {
        ...documented,
        summary: 'Copy image',
        headers: CopyHeaders,
        body: CopyBody,
        response: { 202: JobCreated, '4xx': ErrorBody, '5xx': ErrorBody },
      },
    },
    async (request, reply) => {
      const { body } = request;
      const caller = copierOf(request);
      const { credential, tenant_id } = caller;
      if (!(await caller.mayCopyInto(body.tenant_id_dst))) {
        throw new JobError('image_not_found', `there is no tenant ${body.tenant_id_dst}`, {
          field: 'destination.tenant_id',
        });
      }
      const { source, destination } = chooseRegions(body, request.hostname, config, regionNames);
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
        summary: 'List image copy jobs',
        querystring: ListQuerystring,
        response: { 200: Type.Array(Job), '4xx': ErrorBody, '5xx': ErrorBody },
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
        // Relative (RFC 3986, section 5): a proxy may have put a prefix before our path.
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
        summary: 'Get image copy job details',
        params: JobParams,
        response: { 200: Job, '4xx': ErrorBody, '5xx': ErrorBody },
      },
    },
    async (request) => jobs.show(callers.of(request), request.params.job_id),
  );

  app.delete(
    `${JOBS}/:job_id`,
    {
      schema: {
        ...documented,
        summary: 'Cancel during copy image',
        params: JobParams,
        response: { 204: Type.Null(), '4xx': ErrorBody, '5xx': ErrorBody },
      },
    },
    async (request, reply) => {
      const { tenant_id } = copierOf(request);
      const { job_id } = request.params;
      await jobs.cancel({ tenant_id }, job_id, { requested_by: `tenant ${tenant_id}` });
      return reply.code(204).send(null);
    },
  );
}
