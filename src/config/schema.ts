import Type, { type Static } from 'typebox';
import { LOG_LEVELS } from './config.ts';
import { Bandwidth, closed, duration, Name, name, named, PAIR_PATTERN, text } from './schema-parts.ts';
import { SIZE_PATTERN } from './size.ts';
import { TenantLimitsSection } from './tenant-limits.ts';

const Region = Type.Object(
  {
    store: Type.Object({ driver: Type.String() }),
    task_queue: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 200,
        description: 'Task Queue of the copies to this region (default: image-copy.<region>).',
      }),
    ),
    bandwidth: Type.Optional(
      Bandwidth('Most that a worker reads from the region and writes to it in a second (default: no limit).'),
    ),
    time_zone: Type.Optional(text("The region's time zone, for timetables (default: UTC).")),
  },
  closed,
);

const Share = Type.Object(
  {
    region: name("The directory region that is the share's folder."),
    targets: Type.Record(Name, Name, {
      minProperties: 1,
      ...named,
      description: 'By name, which is a folder of the share: the region whose bucket it is.',
    }),
    tenants: Type.Array(Type.String({ minLength: 1, maxLength: 255 }), {
      description: 'The tenants that may use the share.',
    }),
  },
  closed,
);

const Tls = Type.Object(
  {
    cert: text('PEM file of the certificate, with those that lead to its authority.'),
    key: text('PEM file of its key.'),
  },
  { ...closed, description: 'Certificate of the REST facade, which is read again when it changes.' },
);

const Api = Type.Object(
  {
    host: Type.Optional(text('Address that the REST facade listens at (default: 127.0.0.1).')),
    port: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 65535, description: 'Port of the REST facade (default: 9292).' }),
    ),
    tls: Type.Optional(Tls),
    body_limit: Type.Optional(
      Type.Integer({
        minimum: 1024,
        description: 'Most bytes that the body of a request may have (default: 16384).',
      }),
    ),
    default_source_region: Type.Optional(name('Source region of a request that names none.')),
    source_region_by_host: Type.Optional(
      Type.Record(Type.String(), Name, {
        description: 'By host name: the source region of requests to this name.',
      }),
    ),
    destination_region_by_tenant: Type.Optional(
      Type.Record(Type.String(), Name, {
        description: 'By tenant id: the region that copies for this tenant go to if a request names none.',
      }),
    ),
    secret: Type.Optional(
      Type.String({
        minLength: 32,
        description:
          'Key of the markers of lists. Facades behind one address need the same (default: a new one at each start).',
      }),
    ),
  },
  closed,
);

const Spool = Type.Object(
  {
    path: text("Folder of a worker's spool."),
    size: Type.String({
      pattern: SIZE_PATTERN,
      patternErrorMessage: 'a size such as 200GiB',
      description: 'Most that it may hold, as in 200GiB.',
    }),
  },
  { ...closed, description: 'Disk that saves the source from being read again. Only for glance regions.' },
);

const lanes = Type.Integer({ minimum: 1, maximum: 64 });

const Encryption = Type.Object(
  {
    key: name('Id of the key that new payloads are encrypted with.'),
    keys: Type.Record(
      Name,
      Type.Union([
        Type.Object({ file: text('File that has the key.') }, closed),
        Type.Object({ env: text('Variable of the environment that has the key.') }, closed),
      ]),
      {
        minProperties: 1,
        additionalProperties: false,
        description: 'By id: where each key is, 32 bytes in base64. Old ones stay as long as jobs have them.',
      },
    ),
  },
  { ...closed, description: 'Encrypts what Temporal stores of jobs (default: nothing is encrypted).' },
);

const Limits = Type.Object(
  {
    lanes: Type.Optional(
      Type.Union([lanes, Type.Object({ min: lanes, max: lanes }, closed)], {
        description:
          'Requests at a time. With min and max: to each server as many as are worth it. A number: of each copy (default: {min: 4, max: 64}).',
      }),
    ),
    memory: Type.Optional(
      Type.String({
        pattern: SIZE_PATTERN,
        patternErrorMessage: 'a size such as 1GiB',
        description: 'Most that the copies of a worker keep in memory (default: 1GiB).',
      }),
    ),
    bandwidth: Type.Optional(
      Bandwidth('Most that the copies of a worker read in a second (default: no limit).'),
    ),
    pair_bandwidth: Type.Optional(
      Type.Record(
        Type.String({ pattern: PAIR_PATTERN }),
        Bandwidth('Most that a worker copies in a second.'),
        {
          additionalProperties: false,
          patternErrorMessage: 'two regions such as ot1->ot2',
          description:
            'By source and destination, as in ot1->ot2: the most that a worker copies in a second.',
        },
      ),
    ),
    tenant_bandwidth: Type.Optional(
      Type.Record(Type.String(), Bandwidth('Most that a worker copies in a second.'), {
        description: 'By tenant id: the most that a worker copies in a second for the tenant.',
      }),
    ),
    time_zone: Type.Optional(text('Time zone of the timetables of limits (default: UTC).')),
    concurrent_activities: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 1000,
        description: 'Activities that a worker runs at the same time for one region (default: 16).',
      }),
    ),
    heartbeat_timeout: Type.Optional(
      duration('A worker that is silent for so long counts as dead (default: 30s).'),
    ),
    heartbeat_interval: Type.Optional(
      duration(
        'How often a worker tells Temporal how far a copy is, and learns of a cancel; each time is an action on Temporal Cloud (default: 2s).',
      ),
    ),
    stall_after: Type.Optional(
      duration('A part that moves no byte for so long is read, or put, again (default: 30s).'),
    ),
    give_up_after: Type.Optional(duration('A copy that moves no byte for so long fails (default: 1h).')),
    no_worker_timeout: Type.Optional(
      duration('A step that no worker takes for so long fails (default: 24h).'),
    ),
  },
  { ...closed, description: 'How much is done at a time, and how patient a copy is.' },
);

const Metrics = Type.Object(
  {
    host: Type.Optional(text('Address that metrics and health are told at (default: 127.0.0.1).')),
    port: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 65535, description: 'Port of it (default: 9464).' }),
    ),
  },
  { ...closed, description: 'Metrics for Prometheus, and health. Without this section there are none.' },
);

const Log = Type.Object(
  {
    level: Type.Optional(
      Type.Enum([...LOG_LEVELS], {
        description: 'What is logged: this, and all that is worse (default: info).',
      }),
    ),
  },
  { ...closed, description: 'The logs of serve and worker.' },
);

/** The configuration file. docs/configuration.md explains every key. */
export const ConfigFile = Type.Object(
  {
    regions: Type.Record(Name, Region, {
      minProperties: 1,
      ...named,
      description: 'The regions by name, each with its store.',
    }),
    shares: Type.Optional(
      Type.Record(Name, Share, {
        ...named,
        description: 'File shares by id, for the API of Huawei SFS Turbo.',
      }),
    ),
    api: Type.Optional(Api),
    identity: Type.Optional(Type.Object({ driver: Type.String() })),
    spool: Type.Optional(Spool),
    limits: Type.Optional(Limits),
    encryption: Type.Optional(Encryption),
    tenant_limits: Type.Optional(TenantLimitsSection),
    metrics: Type.Optional(Metrics),
    log: Type.Optional(Log),
    web_ui: Type.Optional(
      Type.String({
        pattern: '^https?://',
        patternErrorMessage: 'an address such as http://127.0.0.1:8233',
        description: "Address of Temporal's Web UI, for links.",
      }),
    ),
  },
  closed,
);

export type ConfigFile = Static<typeof ConfigFile>;
