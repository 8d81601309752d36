import Type from 'typebox';
import { JOB_STATUSES } from '../../copy-job/index.ts';

const Id = Type.String({ minLength: 1, maxLength: 255 });
const NullableString = Type.Union([Type.String(), Type.Null()]);
const NullableInteger = Type.Union([Type.Integer(), Type.Null()]);
const Status = Type.Enum([...JOB_STATUSES]);
const Fault = Type.Object({
  code: Type.String(),
  side: Type.Union([Type.Literal('source'), Type.Literal('destination'), Type.Null()]),
  message: Type.String(),
});

/** Body of "Copy image"; the last three keys are ours. */
export const CopyBody = Type.Object(
  {
    image_id: Id,
    tenant_id_dst: Id,
    region_id_src: Type.Optional(Id),
    region_id_dst: Type.Optional(Id),
    image_name_dst: Type.Optional(Id),
  },
  { additionalProperties: false },
);

export const JobCreated = Type.Object({ job_id: Type.String() });

export const JobParams = Type.Object({ job_id: Type.String() });

export const ListQuerystring = Type.Object({
  limit: Type.Optional(Type.String({ pattern: '^([1-9][0-9]{0,2}|1000)$' })),
  marker: Type.Optional(Type.String()),
  status: Type.Optional(Status),
});

export const CopyHeaders = Type.Object({
  'idempotency-key': Type.Optional(Type.String({ minLength: 1, maxLength: 255 })),
});

/** The ten documented keys first, then ours. */
export const Job = Type.Object({
  copy_progress: Type.Integer({ minimum: 0, maximum: 100 }),
  destination_image_id: NullableString,
  destination_region_id: NullableString,
  destination_tenant_id: NullableString,
  job_id: Type.String(),
  source_image_id: NullableString,
  source_image_name: NullableString,
  source_region_id: NullableString,
  source_tenant_id: NullableString,
  status: Status,
  destination_image_name: NullableString,
  phase: NullableString,
  image_size: NullableInteger,
  bytes_copied: Type.Integer(),
  sha512: NullableString,
  verified_by: NullableString,
  created_at: Type.String(),
  updated_at: Type.String(),
  fault: Type.Union([Fault, Type.Null()]),
  cancel: Type.Union([
    Type.Object({
      via: Type.String(),
      reason: NullableString,
      requested_by: NullableString,
      force: Type.Optional(Type.Literal(true)),
      requested_at: Type.String(),
    }),
    Type.Null(),
  ]),
  attempt: NullableInteger,
  last_fault: Type.Union([Fault, Type.Null()]),
  next_retry_at: NullableString,
  waiting_for: NullableString,
});

export const ErrorBody = Type.Object({ code: Type.Integer(), title: Type.String(), message: Type.String() });
