import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import Type, { type Static } from 'typebox';
import type { Principal } from '../../identity/index.ts';
import { JobError } from '../../job-service/index.ts';
import { RequestId, requireHuaweiCaller } from '../caller/index.ts';
import type { Dialect, RegisterContext } from '../dialect.ts';
import type { ProblemKind } from '../problem.ts';
import { describeAnswers, successAnswers } from '../responses.ts';
import { refuseUnknownCalls } from '../unknown-calls.ts';
import { actionsOf } from './actions.ts';
import { answerError, answerRefusal, answerUnrouted, ERROR_ANSWERS, failedRow } from './errors.ts';
import { nameOf, toDetail } from './job-json.ts';
import {
  BatchStopBody,
  BatchStopped,
  DetailQuerystring,
  ErrorBody,
  JobActions,
  JobDetail,
  JobList,
  JobParams,
  ListQuerystring,
  ProjectParams,
  StopBody,
  Stopped,
} from './schemas.ts';
import { type StopOptions, stopTask } from './stop-task.ts';
import { selectTasks } from './task-list.ts';
import { addVersion3, JOBS_3 } from './version-3.ts';
import { BatchErrorBody } from './version-3-schemas.ts';

const JOBS = '/v5/:project_id/jobs';
const tag = { name: 'Huawei DRS', description: 'Huawei: copies of images, as tasks that can be stopped.' };
const documented = { tags: [tag.name], security: [{ token: [] }, { signature: [] }] };
const errors = (...kinds: ProblemKind[]) => ({
  ...describeAnswers(ERROR_ANSWERS, ErrorBody, RequestId, ['other_project', ...kinds]),
  401: { ...ErrorBody, description: 'The sender could not be authenticated.', headers: RequestId },
});

/**
 * The tasks of Huawei's DRS, as its documentation and its own SDKs define them. A task stands for the copy of
 * an image.
 * @see https://support.huaweicloud.com/intl/en-us/api-drs/drs_05_0001.html
 */
export const drsDialect: Dialect = {
  name: 'drs',
  tag,
  paths: /^\/v[35]\/[^/]*\/jobs\b/,
  register,
  answerUnrouted,
};

const answer = successAnswers(RequestId);

async function register(scope: FastifyInstance, { jobs, identity, admit }: RegisterContext): Promise<void> {
  const app = scope.withTypeProvider<TypeBoxTypeProvider>();
  app.setErrorHandler(answerError);
  const { readerOf, writerOf } = requireHuaweiCaller(scope, { identity, admit, refuse: answerRefusal });

  for (const path of [JOBS, JOBS_3]) await refuseUnknownCalls(app, path);
  const problems = {
    ...errors('invalid', 'read_only'),
    400: { ...BatchErrorBody, description: 'The request is wrong, or none of its tasks exists.' },
  };
  addVersion3(scope, { jobs, documented, problems, answer, readerOf, writerOf });

  const stop = async ({ tenant_id }: Principal, jobId: string, options: StopOptions) => {
    const job = await jobs.show({ tenant_id }, jobId);
    await stopTask(jobs, tenant_id, jobId, options);
    return { id: jobId, name: nameOf(job), status: 'success' };
  };

  app.post(
    `${JOBS}/:job_id/stop`,
    {
      config: { optionalBody: StopBody },
      schema: {
        ...documented,
        operationId: 'stopDrsJob',
        summary: 'Stopping a Task',
        description: 'Stops a task, by force if the body says so. The project has to be that of the caller.',
        params: JobParams,
        body: Type.Union([StopBody, Type.Null()]),
        response: {
          200: answer(Stopped, 'The stop is accepted.'),
          ...errors('invalid', 'read_only', 'job_not_found', 'wrong_status'),
        },
      },
    },
    async (request) => {
      const { project_id, job_id } = request.params;
      const caller = writerOf(request, project_id);
      // The schema allows `null`, because Fastify validates a missing body as `null`. In this handler, a
      // missing body is `undefined`, and `null` is a body that the client has sent.
      if (request.body === null) throw new JobError('invalid', 'body: has to be an object');
      return stop(caller, job_id, { force: request.body?.is_force_stop ?? false });
    },
  );

  app.post(
    `${JOBS}/batch-stop`,
    {
      schema: {
        ...documented,
        operationId: 'stopDrsJobs',
        summary: 'Stopping Tasks in Batches',
        description: 'Stops several tasks. Each task has a row with its own result.',
        params: ProjectParams,
        body: BatchStopBody,
        response: { 200: answer(BatchStopped, 'A row for each task.'), ...errors('invalid', 'read_only') },
      },
    },
    async (request) => {
      const caller = writerOf(request, request.params.project_id);
      const stopped = await Promise.all(
        [...forceByJob(request.body.jobs)].map(([job_id, force]) =>
          stop(caller, job_id, { force }).catch((error) => failedRow(job_id, error, request)),
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
        operationId: 'showDrsJob',
        summary: 'Querying Task Details',
        description:
          'Shows a task, with its source image and its destination image unless `type` is `overview`.',
        params: JobParams,
        querystring: DetailQuerystring,
        response: { 200: answer(JobDetail, 'The task.'), ...errors('invalid', 'job_not_found') },
      },
    },
    async (request) => {
      const { project_id, job_id } = request.params;
      const { tenant_id } = readerOf(request, project_id);
      return { job: toDetail(await jobs.show({ tenant_id }, job_id), request.query.type ?? 'detail') };
    },
  );

  app.get(
    `${JOBS}/:job_id/actions`,
    {
      schema: {
        ...documented,
        operationId: 'showDrsJobActions',
        summary: 'Querying the Actions of a Task',
        description: 'Tells whether a task may be stopped or deleted.',
        params: JobParams,
        response: { 200: answer(JobActions, 'What may be done with the task.'), ...errors('job_not_found') },
      },
    },
    async (request) => {
      const { project_id, job_id } = request.params;
      const { tenant_id } = readerOf(request, project_id);
      return { job_action: actionsOf(await jobs.show({ tenant_id }, job_id)) };
    },
  );

  app.delete(
    `${JOBS}/:job_id`,
    {
      schema: {
        ...documented,
        operationId: 'deleteDrsJob',
        summary: 'Deleting a Task',
        description: 'Removes the record of a task that has ended. Its image stays.',
        params: JobParams,
        response: {
          204: answer(Type.Null(), 'The task is deleted; its image stays.'),
          ...errors('read_only', 'job_not_found', 'wrong_status'),
        },
      },
    },
    async (request, reply) => {
      const { project_id, job_id } = request.params;
      await jobs.delete({ tenant_id: writerOf(request, project_id).tenant_id }, job_id);
      return reply.code(204).send(null);
    },
  );

  app.get(
    JOBS,
    {
      schema: {
        ...documented,
        operationId: 'listDrsJobs',
        summary: 'Querying the Task List',
        description: 'Lists the newest 1,000 tasks of the project, the newest first by default.',
        params: ProjectParams,
        querystring: ListQuerystring,
        response: { 200: answer(JobList, 'The tasks.'), ...errors('invalid') },
      },
    },
    async (request) => {
      const { tenant_id } = readerOf(request, request.params.project_id);
      const { offset = '0', limit = '10' } = request.query;
      const page = await jobs.list({ tenant_id });
      const found = selectTasks(page.jobs, request.query);
      const first = Number(offset);
      return { total_count: found.length, jobs: found.slice(first, first + Number(limit)) };
    },
  );
}

/**
 * Returns for each task whether to stop it by force. A task with several entries is stopped once, by force if
 * any of them says so.
 */
function forceByJob(jobs: Static<typeof BatchStopBody>['jobs']): Map<string, boolean> {
  const forced = new Map<string, boolean>();
  for (const { job_id, is_force_stop = false } of jobs) {
    forced.set(job_id, is_force_stop || forced.get(job_id) === true);
  }
  return forced;
}
