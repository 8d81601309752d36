import Type from 'typebox';
import { JOB_STATUSES } from '../../copy-job/index.ts';
import { EXAMPLE } from '../examples.ts';
import { PageSize } from '../paging.ts';

const Id = Type.String({ minLength: 1, maxLength: 255 });
const NullableString = Type.Union([Type.String(), Type.Null()]);
const NullableInteger = Type.Union([Type.Integer(), Type.Null()]);
const Status = Type.Enum([...JOB_STATUSES]);
const Fault = Type.Object({
  code: Type.String(),
  side: Type.Union([Type.Literal('source'), Type.Literal('destination'), Type.Null()]),
  message: Type.String(),
});

/** Body of "Copy image". The last three keys are extensions. */
export const CopyBody = Type.Object(
  {
    image_id: Id,
    tenant_id_dst: Id,
    region_id_src: Type.Optional(Id),
    region_id_dst: Type.Optional(Id),
    image_name_dst: Type.Optional(Id),
  },
  {
    additionalProperties: false,
    examples: [{ image_id: EXAMPLE.image, tenant_id_dst: EXAMPLE.tenant }],
  },
);

export const JobCreated = Type.Object({ job_id: Type.String() });

export const JobParams = Type.Object({ job_id: Type.String({ examples: [EXAMPLE.job] }) });

/** Body of the calls that pause and resume a job. It may be left out. */
export const PauseBody = Type.Object(
  { reason: Type.Optional(Type.String({ maxLength: 512 })) },
  { additionalProperties: false, examples: [{ reason: 'maintenance of the line' }] },
);

export const ListQuerystring = Type.Object({
  limit: Type.Optional(PageSize),
  marker: Type.Optional(Type.String()),
  status: Type.Optional(Status),
});

export const CopyHeaders = Type.Object({
  'idempotency-key': Type.Optional(Type.String({ minLength: 1, maxLength: 255 })),
});

/** Headers of a request for events. */
export const EventHeaders = Type.Object({ 'last-event-id': Type.Optional(Type.String()) });

/** A job: first the ten keys of NTT's documentation, then the extensions. */
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
  paused: Type.Boolean(),
  pause: Type.Union([
    Type.Object({ by: NullableString, reason: NullableString, at: NullableString }),
    Type.Null(),
  ]),
});

export const ErrorBody = Type.Object({ code: Type.Integer(), title: Type.String(), message: Type.String() });

const text = (description: string) => ({ ...Type.String(), description });

/** Headers of every answer. */
export const RequestId = {
  'X-Openstack-Request-Id': text('The id of the request, which its log lines have too.'),
};

/** Headers of a page of jobs. */
export const ListHeaders = {
  ...RequestId,
  Link: text('The relative address of the next page, with `rel="next"`; missing on the last page.'),
};

/** The answer to a request without a valid token. NTT's documentation defines it as plain text. */
export const Unauthorized = {
  description: 'The token is missing or not valid.',
  headers: {
    ...RequestId,
    Vary: text('Always `X-Auth-Token`.'),
    'WWW-Authenticate': text('Where to get a token, if the identity is a Keystone.'),
  },
  content: { 'text/plain': { schema: Type.String() } },
};
