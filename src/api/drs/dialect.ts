import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import Type, { type Static } from 'typebox';
import type { Principal } from '../../identity/index.ts';
import { JobError } from '../../job-service/index.ts';
import { nameRequest, requireHuaweiCaller } from '../caller/index.ts';
import type { Dialect, DialectContext } from '../dialect.ts';
import { RequestProblem } from '../problem.ts';
import { answerError, answerRefusal, answerTo } from './errors.ts';
import { nameOf, toDetail, toListed } from './job-json.ts';
import { JOB_STATES } from './job-state.ts';
import {
  BatchStopBody,
  BatchStopped,
  DetailQuerystring,
  ErrorBody,
  JobDetail,
  JobList,
  JobParams,
  ListQuerystring,
  ProjectParams,
  StopBody,
  Stopped,
} from './schemas.ts';

const JOBS = '/v5/:project_id/jobs';
const documented = { tags: ['Huawei DRS'], security: [{ token: [] }, { signature: [] }] };
const errors = { '4xx': ErrorBody, '5xx': ErrorBody };

/**
 * The tasks of Huawei's DRS, as its documents and its own SDKs have them, where a task is a copy of an image.
 * @see https://support.huaweicloud.com/intl/en-us/api-drs/drs_05_0001.html
 */
export const drsDialect: Dialect = {
  name: 'drs',
  register,
  undecodable: {
    paths: /^\/v5\/[^/]*\/jobs\//,
    answer(request, reply) {
      nameRequest(request, reply);
      const problem = new RequestProblem('undecodable_path', 'the path cannot be decoded');
      return answerError(problem, request, reply);
    },
  },
};

async function register(scope: FastifyInstance, { jobs, identity }: DialectContext): Promise<void> {
  const app = scope.withTypeProvider<TypeBoxTypeProvider>();
  app.setErrorHandler(answerError);
  const { ownerOf, writerOf } = requireHuaweiCaller(scope, { identity, refuse: answerRefusal });

  const unknown = async (rest: FastifyInstance) => {
    rest.setNotFoundHandler(() => {
      throw new RequestProblem('unknown_call', 'there is no such call here');
    });
  };
  await app.register(unknown, { prefix: JOBS });

  const stop = async ({ tenant_id }: Principal, jobId: string, force: boolean) => {
    const job = await jobs.show({ tenant_id }, jobId);
    await jobs.cancel({ tenant_id }, jobId, {
      requested_by: `tenant ${tenant_id}`,
      ...(force && { force }),
    });
    return { id: jobId, name: nameOf(job), status: 'success' };
  };

  app.post(
    `${JOBS}/:job_id/stop`,
    {
      schema: {
        ...documented,
        summary: 'Stopping a Task',
        params: JobParams,
        body: Type.Union([StopBody, Type.Null()]),
        response: { 200: Stopped, ...errors },
      },
    },
    async (request) => {
      const { project_id, job_id } = request.params;
      const caller = writerOf(request, project_id);
      // Where there is no body there is nothing; `null` is a body.
      if (request.body === null) throw new JobError('invalid', 'body: has to be an object');
      return stop(caller, job_id, request.body?.is_force_stop ?? false);
    },
  );

  app.post(
    `${JOBS}/batch-stop`,
    {
      schema: {
        ...documented,
        summary: 'Stopping Tasks in Batches',
        params: ProjectParams,
        body: BatchStopBody,
        response: { 200: BatchStopped, ...errors },
      },
    },
    async (request) => {
      const caller = writerOf(request, request.params.project_id);
      const stopped = await Promise.all(
        [...askedOnce(request.body.jobs)].map(([job_id, force]) =>
          stop(caller, job_id, force).catch((error) => {
            const { code, message } = answerTo(error, request);
            return { id: job_id, status: 'failed', error_code: code, error_msg: message };
          }),
        ),
      );
      return { jobs: stopped, count: stopped.length };
    },
  );

  app.get(
    `${JOBS}/:job_id`,
    {
      schema: {
        ...documented,
        summary: 'Querying Task Details',
        params: JobParams,
        querystring: DetailQuerystring,
        response: { 200: JobDetail, ...errors },
      },
    },
    async (request) => {
      const { project_id, job_id } = request.params;
      const { tenant_id } = ownerOf(request, project_id);
      return { job: toDetail(await jobs.show({ tenant_id }, job_id), request.query.type ?? 'detail') };
    },
  );

  app.get(
    JOBS,
    {
      schema: {
        ...documented,
        summary: 'Querying the Task List',
        params: ProjectParams,
        querystring: ListQuerystring,
        response: { 200: JobList, ...errors },
      },
    },
    async (request) => {
      const { tenant_id } = ownerOf(request, request.params.project_id);
      const { status, offset = '0', limit = '10' } = request.query;
      const page = await jobs.list({ tenant_id });
      const found = page.jobs.filter((job) => status === undefined || JOB_STATES[job.status] === status);
      const first = Number(offset);
      return { total_count: found.length, jobs: found.slice(first, first + Number(limit)).map(toListed) };
    },
  );
}

/** Whether each task is to be stopped by force: a task that is named several times is stopped once. */
function askedOnce(jobs: Static<typeof BatchStopBody>['jobs']): Map<string, boolean> {
  const asked = new Map<string, boolean>();
  for (const { job_id, is_force_stop = false } of jobs) {
    asked.set(job_id, is_force_stop || asked.get(job_id) === true);
  }
  return asked;
}
