import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Static, TObject, TSchema } from 'typebox';
import { isFinal, type JobStatus } from '../../copy-job/index.ts';
import type { Principal } from '../../identity/index.ts';
import { JobError, type JobService, type JobView } from '../../job-service/index.ts';
import { failedRow } from './errors.ts';
import { nameOf } from './job-json.ts';
import { JOB_STATES } from './job-state.ts';
import { textFor } from './language.ts';
import { ProjectParams } from './schemas.ts';
import { stopTask } from './stop-task.ts';
import { isNamed } from './task-list.ts';
import {
  BatchDeleteBody,
  BatchQueryBody,
  Deleted,
  Details,
  ListBody,
  Listed,
  Progresses,
  Statuses,
} from './version-3-schemas.ts';

/** The path of the tasks in version 3. */
export const JOBS_3 = '/v3/:project_id/jobs';

/** The code of DRS's version 3 for a task that does not exist. */
const NO_SUCH_TASK = 'DRS.M00289';

/**
 * DRS's status in version 3 for each status of a job. In version 3, a task can be deleted only when its
 * resources are released. A job that has ended holds no resources. So each job that has ended is shown as
 * `RELEASE_RESOURCE_COMPLETE`, which is the status of a cancelled job.
 * @see https://support.huaweicloud.com/intl/en-us/api-drs/drs_03_0113.html
 */
const STATES: Readonly<Record<JobStatus, string>> = {
  ...JOB_STATES,
  replicated: JOB_STATES.canceled,
  error: JOB_STATES.canceled,
};

interface Version3 {
  readonly jobs: JobService;
  /** The part of the OpenAPI description that all calls of the dialect share. */
  readonly documented: object;
  /** The schemas of the answers to all problems of a request with a body. */
  readonly problems: Readonly<Record<number, TSchema>>;
  /** Adds a description and the dialect's headers to the schema of a successful answer. */
  readonly answer: <S extends TSchema>(schema: S, description: string) => S;
  /** Returns the sender of a request. Throws if the project in the path is not the sender's. */
  readonly readerOf: (request: FastifyRequest, project: string) => Principal;
  /**
   * Returns the sender of a request that changes something. Throws as `readerOf` does, and if the sender may
   * not change anything.
   */
  readonly writerOf: (request: FastifyRequest, project: string) => Principal;
}

/** Adds the calls of version 3 with which Huawei's Terraform provider reads and destroys a task. */
export function addVersion3(scope: FastifyInstance, context: Version3): void {
  addQueries(scope, context);
  addList(scope, context);
  addBatchEnd(scope, context);
}

function addQueries(
  scope: FastifyInstance,
  { documented, problems, answer, readerOf, jobs }: Version3,
): void {
  const app = scope.withTypeProvider<TypeBoxTypeProvider>();
  const query = (name: string, summary: string, results: TObject, row: (job: JobView) => object) =>
    app.post(
      `${JOBS_3}/batch-${name}`,
      {
        schema: {
          ...documented,
          operationId: `batchQueryDrs${name}`,
          summary,
          description: 'The answer has a row for each task. If none of the tasks exists, its status is 400.',
          params: ProjectParams,
          body: BatchQueryBody,
          response: { 200: answer(results, 'A row for each task.'), ...problems },
        },
      },
      async (request, reply) => {
        const { tenant_id } = readerOf(request, request.params.project_id);
        const shown = pageOf(request.body).map((id) =>
          jobs.show({ tenant_id }, id).then(row, (error) => missingRow(request, id, error)),
        );
        return sendRows(reply, await Promise.all(shown));
      },
    );
  query('detail', 'Querying Task Details in Batches', Details, toDetail);
  query('status', 'Querying Task Statuses in Batches', Statuses, ({ job_id, status }) => ({
    id: job_id,
    status: STATES[status],
  }));
  query('progress', 'Querying Task Progresses in Batches', Progresses, ({ job_id, copy_progress }) => ({
    id: job_id,
    progress: String(copy_progress),
  }));
}

function addList(scope: FastifyInstance, { documented, problems, answer, readerOf, jobs }: Version3): void {
  const app = scope.withTypeProvider<TypeBoxTypeProvider>();
  app.post(
    JOBS_3,
    {
      schema: {
        ...documented,
        operationId: 'listDrsTasks',
        summary: 'Querying the Task List (version 3)',
        description: 'Lists the newest 1,000 tasks of the project. `name` is a part of a name, or ids.',
        params: ProjectParams,
        body: ListBody,
        response: { 200: answer(Listed, 'The tasks.'), ...problems },
      },
    },
    async (request) => {
      const { tenant_id } = readerOf(request, request.params.project_id);
      const { cur_page, per_page, name = '', status } = request.body;
      const { jobs: all } = await jobs.list({ tenant_id });
      const found = all.filter(
        (job) => (status === undefined || STATES[job.status] === status) && isNamed(job, name),
      );
      const first = (cur_page - 1) * per_page;
      return { total_record: found.length, jobs: found.slice(first, first + per_page).map(toDetail) };
    },
  );
}

function addBatchEnd(
  scope: FastifyInstance,
  { documented, problems, answer, writerOf, jobs }: Version3,
): void {
  const app = scope.withTypeProvider<TypeBoxTypeProvider>();
  app.delete(
    `${JOBS_3}/batch-jobs`,
    {
      schema: {
        ...documented,
        operationId: 'batchDeleteDrsJobs',
        summary: 'Stopping or Deleting Tasks in Batches',
        description: 'Stops tasks, or removes the records of those that have ended; their images stay.',
        params: ProjectParams,
        body: BatchDeleteBody,
        response: { 202: answer(Deleted, 'A row for each task.'), ...problems },
      },
    },
    async (request, reply) => {
      const caller = writerOf(request, request.params.project_id);
      const results = await Promise.all(
        [...endingsByJob(request.body.jobs)].map(([id, endings]) =>
          endJob(jobs, caller, id, endings).then(
            () => ({ id, status: 'success' }),
            (error) => failedRow(id, error, request),
          ),
        ),
      );
      return reply.code(202).send({ count: results.length, results });
    },
  );
}

type Endings = ReadonlySet<Static<typeof BatchDeleteBody>['jobs'][number]['delete_type']>;

/** Returns for each task everything that the entries of a request ask for. */
function endingsByJob(entries: Static<typeof BatchDeleteBody>['jobs']): Map<string, Endings> {
  const endings = new Map<string, Endings>();
  for (const { job_id, delete_type } of entries) {
    endings.set(job_id, new Set(endings.get(job_id)).add(delete_type));
  }
  return endings;
}

/**
 * Stops a job, deletes it, or stops it and then deletes it. A job is stopped once, by force if `endings` has
 * `force_terminate`. Stopping a job that has ended does nothing. A job that was only just stopped cannot be
 * deleted yet, so this then throws `conflict`, although the stop was accepted.
 */
async function endJob(
  jobs: JobService,
  { tenant_id }: Principal,
  id: string,
  endings: Endings,
): Promise<void> {
  const force = endings.has('force_terminate');
  if (force || endings.has('terminate')) {
    const { status } = await jobs.show({ tenant_id }, id);
    if (!isFinal(status)) await stopTask(jobs, tenant_id, id, { force });
  }
  if (endings.has('delete')) await jobs.delete({ tenant_id }, id);
}

function toDetail(job: JobView) {
  return {
    id: job.job_id,
    name: nameOf(job),
    status: STATES[job.status],
    description: job.fault?.message ?? '',
    create_time: String(Date.parse(job.created_at)),
    update_time: String(Date.parse(job.updated_at)),
    db_use_type: 'migration',
  };
}

type MissingRow = ReturnType<typeof missingRow>;

/** Returns the row of a task that does not exist. Throws the error if it has another reason. */
function missingRow(request: FastifyRequest, id: string, error: unknown) {
  if (!(error instanceof JobError) || error.code !== 'not_found') throw error;
  return { id, error_code: NO_SUCH_TASK, error_message: textFor(request, 'not_found') };
}

/** Sends rows. If none of the tasks exists, sends status 400, and also the error of the first row. */
function sendRows(reply: FastifyReply, results: readonly object[]): FastifyReply {
  const answer = { count: results.length, results };
  const failures = results.filter((row): row is MissingRow => 'error_code' in row);
  const [first] = failures;
  if (first === undefined || failures.length < results.length) return reply.send(answer);
  return reply.code(400).send({ error_code: first.error_code, error_msg: first.error_message, ...answer });
}

/** Returns the task ids of the requested page. */
function pageOf({ jobs, page_req: { cur_page = 1, per_page = 0 } = {} }: Static<typeof BatchQueryBody>) {
  if (per_page === 0) return jobs;
  return jobs.slice((cur_page - 1) * per_page, cur_page * per_page);
}
