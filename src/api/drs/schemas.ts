import Type from 'typebox';
import { EXAMPLE } from '../examples.ts';
import { Offset, PageSize } from '../paging.ts';
import { DRS_STATES } from './job-state.ts';

const closed = { additionalProperties: false } as const;

const Project = Type.String({ examples: [EXAMPLE.tenant] });

export const ProjectParams = Type.Object({ project_id: Project });
export const JobParams = Type.Object({
  project_id: Project,
  job_id: Type.String({ examples: [EXAMPLE.job] }),
});

/** Body of "Stopping a Task". A request without a body stops the task without force. */
export const StopBody = Type.Object(
  { is_force_stop: Type.Optional(Type.Boolean()) },
  { ...closed, examples: [{ is_force_stop: true }] },
);

export const Stopped = Type.Object({ id: Type.String(), name: Type.String(), status: Type.String() });

/** Body of "Stopping Tasks in Batches". */
export const BatchStopBody = Type.Object(
  {
    jobs: Type.Array(
      Type.Object(
        { job_id: Type.String({ minLength: 1 }), is_force_stop: Type.Optional(Type.Boolean()) },
        closed,
      ),
      { minItems: 1, maxItems: 50 },
    ),
  },
  { ...closed, examples: [{ jobs: [{ job_id: EXAMPLE.job, is_force_stop: true }] }] },
);

export const BatchStopped = Type.Object({
  jobs: Type.Array(
    Type.Object({
      id: Type.String(),
      name: Type.Optional(Type.String()),
      status: Type.String(),
      error_code: Type.Optional(Type.String()),
      error_msg: Type.Optional(Type.String()),
    }),
  ),
  count: Type.Integer(),
});

export const DetailQuerystring = Type.Object({
  type: Type.Optional(Type.Enum(['overview', 'detail'], { examples: ['overview'] })),
});

const state = `(${DRS_STATES.join('|')})`;

/**
 * The query of a list. All tasks have the same value for the sort keys `net_type`, `job_direction` and
 * `pay_mode`, so these sort by creation time.
 */
export const ListQuerystring = Type.Object({
  name: Type.Optional(Type.String({ description: 'a part of a name, or ids that are separated by commas' })),
  status: Type.Optional(
    Type.String({
      pattern: `^${state}(,${state})*$`,
      description: "one or more of DRS's status words, separated by commas",
      examples: ['FULL_TRANSFER_STARTED'],
    }),
  ),
  sort_key: Type.Optional(
    Type.Enum(['create_time', 'name', 'status', 'net_type', 'job_direction', 'pay_mode']),
  ),
  sort_dir: Type.Optional(Type.Enum(['desc', 'asc'])),
  offset: Type.Optional(Offset),
  limit: Type.Optional(PageSize),
});

const Endpoint = Type.Object({
  endpoint_role: Type.String(),
  endpoint: Type.Object({ id: Type.String() }),
  cloud: Type.Object({ region: Type.String(), project_id: Type.String() }),
  region: Type.String(),
  id: Type.String(),
  project_id: Type.String(),
});

/**
 * A task. Times are in UTC. The endpoints are the source image and the destination image; in Huawei's own
 * service, they are databases. With `type=overview`, the task has no endpoints. Huawei's SDKs read the name
 * and the description in `base_info`, and what identifies an image in `endpoint` and `cloud`. The same values
 * beside these are additions of ours.
 */
export const JobDetail = Type.Object({
  job: Type.Object({
    id: Type.String(),
    name: Type.String(),
    status: Type.String(),
    description: Type.String(),
    create_time: Type.String(),
    base_info: Type.Object({
      name: Type.String(),
      job_type: Type.String(),
      task_type: Type.String(),
      description: Type.String(),
    }),
    progress_info: Type.Object({ progress: Type.String() }),
    source_endpoint: Type.Optional(Type.Array(Endpoint)),
    target_endpoint: Type.Optional(Type.Array(Endpoint)),
  }),
});

export const JobList = Type.Object({
  total_count: Type.Integer(),
  jobs: Type.Array(
    Type.Object({
      id: Type.String(),
      name: Type.String(),
      status: Type.String(),
      description: Type.String(),
      create_time: Type.String(),
    }),
  ),
});

/** Answer of "Querying the actions of a task". */
export const JobActions = Type.Object({
  job_action: Type.Object({
    available_actions: Type.Array(Type.String()),
    unavailable_actions: Type.Array(Type.String()),
    current_action: Type.String(),
  }),
});

export const ErrorBody = Type.Object({
  error_code: Type.String(),
  error_msg: Type.String(),
  request_id: Type.Optional(Type.String()),
});
