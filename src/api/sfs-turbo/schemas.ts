import Type from 'typebox';
import { EXAMPLE } from '../examples.ts';
import { Offset, PageSize } from '../paging.ts';

const Prefix = Type.Optional(Type.String({ maxLength: 1024 }));
const Target = Type.String({ minLength: 1, maxLength: 255 });
const OptionalString = Type.Optional(Type.String());

/** Body of "Creating an import or export task". */
export const TaskBody = Type.Object(
  {
    type: Type.Enum(['import', 'export']),
    src_target: Target,
    src_prefix: Prefix,
    dest_target: Type.Optional(Target),
    dest_prefix: Prefix,
  },
  {
    additionalProperties: false,
    examples: [{ type: 'import', src_target: 'training', src_prefix: 'set-1/' }],
  },
);

export const TaskCreated = Type.Object({ task_id: Type.String() });

const share = {
  project_id: Type.String({ examples: [EXAMPLE.tenant] }),
  share_id: Type.String({ examples: [EXAMPLE.share] }),
};

export const ShareParams = Type.Object(share);

export const TaskParams = Type.Object({ ...share, task_id: Type.String({ examples: [EXAMPLE.task] }) });

const Time = Type.String({
  pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}$',
  description: 'a time in UTC such as 2026-01-31T08:00:00',
});

/**
 * The query of a list of tasks. No task has the type `import_metadata` or `preload`, so a list of these is
 * empty.
 */
export const ListQuerystring = Type.Object(
  {
    type: Type.Optional(Type.Enum(['import', 'import_metadata', 'preload', 'export'])),
    status: Type.Optional(Type.Enum(['DOING', 'SUCCESS', 'FAIL', 'DELETING'])),
    offset: Type.Optional(Offset),
    limit: Type.Optional(PageSize),
    start_time: Type.Optional(Time),
    end_time: Type.Optional(Time),
  },
  { additionalProperties: false },
);

/** Answer of "Querying details about an import or export task". Times are in UTC, without a zone. */
export const Task = Type.Object({
  task_id: Type.String(),
  type: Type.String(),
  status: Type.String(),
  src_target: Type.String(),
  src_prefix: Type.String(),
  dest_target: Type.String(),
  dest_prefix: Type.String(),
  start_time: Type.String(),
  end_time: OptionalString,
  message: Type.String(),
});

export const TaskList = Type.Object({ tasks: Type.Array(Task), count: Type.Integer() });

/**
 * An error. The code and the message are there twice: under the keys of the documentation, and under the keys
 * that the vendor's SDKs read.
 */
export const ErrorBody = Type.Object({
  errCode: Type.String(),
  errMsg: Type.String(),
  error_code: Type.String(),
  error_msg: Type.String(),
  request_id: Type.String(),
});
