import Type from 'typebox';
import { EXAMPLE } from '../examples.ts';
import { ErrorBody } from './schemas.ts';

const JobId = Type.String({ minLength: 1, examples: [EXAMPLE.job] });
const PageNumber = Type.Integer({ minimum: 1, maximum: 1_000_000 });

/** Body of the batch queries. If `per_page` is 0 or absent, the answer has all tasks of the request. */
export const BatchQueryBody = Type.Object(
  {
    jobs: Type.Array(JobId, { minItems: 1, maxItems: 50 }),
    page_req: Type.Optional(
      Type.Object({
        cur_page: Type.Optional(PageNumber),
        per_page: Type.Optional(Type.Integer({ minimum: 0, maximum: 1000 })),
      }),
    ),
  },
  { examples: [{ jobs: [EXAMPLE.job] }] },
);

/**
 * Body of "Querying the Task List". Only the filters `name` and `status` have an effect. `name` is a part of
 * a name, or one or more ids, separated by commas.
 */
export const ListBody = Type.Object(
  {
    cur_page: PageNumber,
    per_page: Type.Integer({ minimum: 1, maximum: 1000 }),
    name: Type.Optional(Type.String()),
    status: Type.Optional(Type.String()),
    db_use_type: Type.Optional(Type.String()),
  },
  { examples: [{ cur_page: 1, per_page: 10, db_use_type: 'migration' }] },
);

/** Body of "Stopping or Deleting Tasks in Batches". */
export const BatchDeleteBody = Type.Object(
  {
    jobs: Type.Array(
      Type.Object({
        job_id: JobId,
        delete_type: Type.Enum(['terminate', 'force_terminate', 'delete']),
      }),
      { minItems: 1, maxItems: 50 },
    ),
  },
  { examples: [{ jobs: [{ job_id: EXAMPLE.job, delete_type: 'force_terminate' }] }] },
);

/**
 * The error in a row of a batch query. Besides the error, such a row has only the id. The text of the error
 * has the key `error_message` here, and `error_msg` everywhere else.
 */
const failure = { error_code: Type.Optional(Type.String()), error_message: Type.Optional(Type.String()) };

/** The row of a task. Times are milliseconds since the epoch, as text. */
const ROW_FIELDS = {
  id: Type.String(),
  name: Type.Optional(Type.String()),
  status: Type.Optional(Type.String()),
  description: Type.Optional(Type.String()),
  create_time: Type.Optional(Type.String()),
};

const Detail = Type.Object({
  ...ROW_FIELDS,
  update_time: Type.Optional(Type.String()),
  db_use_type: Type.Optional(Type.String()),
  ...failure,
});
const Status = Type.Object({ id: Type.String(), status: Type.Optional(Type.String()), ...failure });
const Progress = Type.Object({ id: Type.String(), progress: Type.Optional(Type.String()), ...failure });

/** Returns the schema of an answer with a row for each task of the request. */
const batch = <Row extends Type.TObject>(row: Row) =>
  Type.Object({ count: Type.Integer(), results: Type.Array(row) });

export const Details = batch(Detail);
export const Statuses = batch(Status);
export const Progresses = batch(Progress);

export const Deleted = batch(
  Type.Object({
    id: Type.String(),
    status: Type.String(),
    error_code: Type.Optional(Type.String()),
    error_msg: Type.Optional(Type.String()),
  }),
);

export const Listed = Type.Object({
  total_record: Type.Integer(),
  jobs: Type.Array(Type.Object(ROW_FIELDS)),
});

/**
 * An error. If a batch query finds none of its tasks, the error also has a row for each task.
 */
export const BatchErrorBody = Type.Object({
  ...ErrorBody.properties,
  count: Type.Optional(Type.Integer()),
  results: Type.Optional(Type.Array(Status)),
});
