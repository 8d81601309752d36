import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import Type, { type Static } from 'typebox';
import { failureSummary } from '../../object-task/index.ts';
import {
  standingText,
  TaskError,
  type TaskOwner,
  type TaskStatus,
  type TaskView,
} from '../../task-service/index.ts';
import { RequestId, requireHuaweiCaller } from '../caller/index.ts';
import type { Dialect, RegisterContext } from '../dialect.ts';
import type { ProblemKind } from '../problem.ts';
import { describeAnswers, successAnswers } from '../responses.ts';
import { refuseUnknownCalls } from '../unknown-calls.ts';
import { answerError, answerRefusal, answerUnrouted, ERROR_ANSWERS } from './errors.ts';
import {
  ErrorBody,
  ListQuerystring,
  ShareParams,
  Task,
  TaskBody,
  TaskCreated,
  TaskList,
  TaskParams,
} from './schemas.ts';

const CACHE = '/v1/:project_id/sfs-turbo/:share_id/hpc-cache';
const tag = {
  name: 'Huawei SFS Turbo',
  description: 'Huawei: imports into a file share, and exports from it, as tasks.',
};
const documented = { tags: [tag.name], security: [{ token: [] }, { signature: [] }] };
const errors = (...kinds: ProblemKind[]) => ({
  ...describeAnswers(ERROR_ANSWERS, ErrorBody, RequestId, ['other_project', ...kinds]),
  401: { ...ErrorBody, description: 'The sender could not be authenticated.', headers: RequestId },
});

/**
 * The import and export tasks of Huawei's SFS Turbo, as its documentation and its own SDKs define them.
 * @see https://support.huaweicloud.com/intl/en-us/api-sfsturbo/CreateHpcCacheTask.html
 */
export const sfsTurboDialect: Dialect = {
  name: 'sfs-turbo',
  tag,
  paths: /^\/v1\/[^/]*\/sfs-turbo\/[^/]*\/hpc-cache\//,
  register,
  answerUnrouted,
};

/** The schema of an answer without a body. A plain `Type.Null` would make the handler send `null`. */
const NO_BODY = Type.Unsafe<undefined>(Type.Null());

type SharePath = Static<typeof ShareParams>;

const STATUSES = {
  running: 'DOING',
  succeeded: 'SUCCESS',
  failed: 'FAIL',
  deleting: 'DELETING',
} as const satisfies Record<TaskStatus, string>;

const answer = successAnswers(RequestId);

async function register(scope: FastifyInstance, { tasks, identity, admit }: RegisterContext): Promise<void> {
  const app = scope.withTypeProvider<TypeBoxTypeProvider>();
  app.setErrorHandler(answerError);
  const callers = requireHuaweiCaller(scope, { identity, admit, refuse: answerRefusal });

  await refuseUnknownCalls(app, CACHE);

  const readerOf = (request: FastifyRequest, { project_id, share_id }: SharePath): TaskOwner => ({
    tenant_id: callers.readerOf(request, project_id).tenant_id,
    share_id,
  });
  const writerOf = (request: FastifyRequest, { project_id, share_id }: SharePath): TaskOwner => ({
    tenant_id: callers.writerOf(request, project_id).tenant_id,
    share_id,
  });

  app.post(
    `${CACHE}/task`,
    {
      schema: {
        ...documented,
        operationId: 'createTask',
        summary: 'Create an import or export task',
        description: 'Starts a task that moves files between a share and a bucket that belongs to it.',
        params: ShareParams,
        body: TaskBody,
        response: {
          202: answer(TaskCreated, 'The task is started.'),
          ...errors('invalid', 'read_only', 'share_not_found', 'quota_exceeded'),
        },
      },
    },
    async (request, reply) => {
      const { type, src_target, src_prefix = '', dest_target, dest_prefix = src_prefix } = request.body;
      const owner = writerOf(request, request.params);
      if (dest_target !== undefined && dest_target !== src_target) {
        throw new TaskError('invalid', 'dest_target: has to be the same as src_target');
      }
      assertPrefix('src_prefix', src_prefix);
      assertPrefix('dest_prefix', dest_prefix);
      const task = { type, target: src_target, src_prefix, dest_prefix } as const;
      return reply.code(202).send(await tasks.start(owner, task));
    },
  );

  app.get(
    `${CACHE}/task/:task_id`,
    {
      schema: {
        ...documented,
        operationId: 'showTask',
        summary: 'Show an import or export task',
        description: 'Shows a task, and which of its objects could not be moved.',
        params: TaskParams,
        response: { 200: answer(Task, 'The task.'), ...errors('share_not_found', 'task_not_found') },
      },
    },
    async (request) => toTask(await tasks.show(readerOf(request, request.params), request.params.task_id)),
  );

  app.get(
    `${CACHE}/tasks`,
    {
      schema: {
        ...documented,
        operationId: 'listTasks',
        summary: 'List import and export tasks',
        description: 'Lists the tasks of a share, in pages.',
        params: ShareParams,
        querystring: ListQuerystring,
        response: { 200: answer(TaskList, 'The tasks.'), ...errors('invalid', 'share_not_found') },
      },
    },
    async (request) => {
      const owner = readerOf(request, request.params);
      const { type, status, offset, limit, start_time, end_time } = request.query;
      const page = await tasks.list(owner, {
        ...(type !== undefined && { type }),
        ...(status !== undefined && { status: statusFrom(status) }),
        ...(offset !== undefined && { offset: Number(offset) }),
        ...(limit !== undefined && { limit: Number(limit) }),
        ...(start_time !== undefined && { since: timeOf('start_time', start_time) }),
        ...(end_time !== undefined && { until: timeOf('end_time', end_time) }),
      });
      return { tasks: page.tasks.map(toTask), count: page.count };
    },
  );

  app.delete(
    `${CACHE}/task/:task_id`,
    {
      schema: {
        ...documented,
        operationId: 'deleteTask',
        summary: 'Delete an import or export task',
        description: 'Stops the task if it still runs, and removes its record.',
        params: TaskParams,
        response: {
          202: answer(NO_BODY, 'The deletion has begun.'),
          ...errors('read_only', 'share_not_found', 'task_not_found'),
        },
      },
    },
    async (request, reply) => {
      await tasks.delete(writerOf(request, request.params), request.params.task_id);
      return reply.code(202).send(undefined);
    },
  );
}

/** Throws `invalid` unless a prefix is the beginning of a relative path that stays in its folder. */
function assertPrefix(field: string, prefix: string): void {
  const steps = prefix.split('/');
  const isSafe =
    !prefix.startsWith('/') && !steps.includes('..') && !steps.includes('.') && !prefix.includes('\0');
  if (isSafe) return;
  const problem = "has to be relative: without a slash at its beginning, and without '.' and '..' in it";
  throw new TaskError('invalid', `${field}: ${problem}`);
}

function timeOf(field: string, text: string): Date {
  const time = new Date(`${text}Z`);
  if (Number.isNaN(time.getTime())) throw new TaskError('invalid', `${field}: is not a valid date and time`);
  return time;
}

function statusFrom(wanted: string): TaskStatus {
  const found = Object.entries(STATUSES).find(([, name]) => name === wanted);
  return (found?.[0] ?? 'running') as TaskStatus;
}

function toTask(task: TaskView): Static<typeof Task> {
  return {
    task_id: task.task_id,
    type: task.type,
    status: STATUSES[task.status],
    src_target: task.target,
    src_prefix: task.src_prefix,
    dest_target: task.target,
    dest_prefix: task.dest_prefix,
    start_time: withoutZone(task.created_at),
    ...(task.ended_at !== null && { end_time: withoutZone(task.ended_at) }),
    message: messageOf(task),
  };
}

function withoutZone(time: string): string {
  return new Date(time).toISOString().slice(0, 19);
}

/** Returns in words why a task has ended early or stands still, and which objects could not be moved. */
function messageOf(task: TaskView): string {
  const parts = [
    ...(task.fault === null ? [] : [task.fault.message]),
    ...(task.standing === null ? [] : [standingText(task.standing)]),
    ...(task.objects_failed === 0 ? [] : [failureSummary(task)]),
  ];
  return parts.join('\n');
}
