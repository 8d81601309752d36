import Type, { type Static, type TSchema } from 'typebox';
import { shortTaskQueue, TASK_QUEUE } from '../copy-job/index.ts';
import { LOG_LEVELS } from './config.ts';
import { Bandwidth, closed, duration, Name, name, named, PAIR_PATTERN, size, text } from './schema-parts.ts';
import { MIN_MARKER_KEY, secretReferences } from './secret.ts';
import { TenantLimitsSection } from './tenant-limits.ts';

/** The end of the names of the Task Queues of short steps. */
const SHORT = shortTaskQueue('');

/** A region. The options of its store are checked separately, because they depend on the driver. */
export const Region = Type.Object(
  {
    store: Type.Object({ driver: Type.String() }),
    task_queue: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 200,
        // A process cannot have two workers for one Task Queue.
        pattern: `^(?!${TASK_QUEUE}$)(?!.*${SHORT}$)`,
        patternErrorMessage: `a name of 1 to 200 characters, neither ${TASK_QUEUE} (the Task Queue of the jobs) nor one that ends in ${SHORT} (a Task Queue of short steps)`,
        description: 'Task Queue of the copies to this region (default: image-copy.<region>).',
      }),
    ),
    bandwidth: Type.Optional(
      Bandwidth(
        'Most bytes a second that a worker reads from the region and writes to it, together (default: no limit).',
      ),
    ),
    time_zone: Type.Optional(text("The region's time zone, for timetables (default: UTC).")),
  },
  closed,
);

/** Returns the schema of the section `regions`, made from the schema of a single region. */
export const recordOfRegions = <T extends TSchema>(region: T) =>
  Type.Record(Name, region, {
    minProperties: 1,
    ...named,
    description: 'The regions by name, each with its store.',
  });

const Share = Type.Object(
  {
    region: name("The directory region that is the share's folder."),
    targets: Type.Record(Name, Name, {
      minProperties: 1,
      ...named,
      description:
        'The regions of the buckets, by target name. A target has the name of a folder of the share.',
    }),
    tenants: Type.Array(Type.String({ minLength: 1, maxLength: 255 }), {
      description: 'The tenants that may use the share.',
    }),
  },
  closed,
);

const Tls = Type.Object(
  {
    cert: text('PEM file of the certificate, followed by its intermediate certificates.'),
    key: text('PEM file of its key.'),
  },
  { ...closed, description: 'Certificate of the REST facade, which is read again when it changes.' },
);

const Api = Type.Object(
  {
    host: Type.Optional(text('Address at which the REST facade listens (default: 127.0.0.1).')),
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
      Type.Union([Type.String({ minLength: MIN_MARKER_KEY }), ...secretReferences('the key')], {
        description:
          'Key that signs the markers of lists, or the place of the key. Facades behind one address need the same key (default: a new one at each start).',
      }),
    ),
  },
  closed,
);

const Spool = Type.Object(
  {
    path: text("Folder of a worker's spool."),
    size: size('200GiB', 'The largest size of the spool, such as 200GiB.'),
  },
  {
    ...closed,
    description:
      'Disk space for parts that wait for their upload, so that a retry need not read them again. Only for copies to glance regions.',
  },
);

const lanes = Type.Integer({ minimum: 1, maximum: 64 });

const Encryption = Type.Object(
  {
    key: name('Id of the key that new payloads are encrypted with.'),
    keys: Type.Record(Name, Type.Union([...secretReferences('the key')]), {
      minProperties: 1,
      additionalProperties: false,
      description:
        'The keys by id; each is 32 bytes in base64. An old key has to stay as long as jobs are encrypted with it.',
    }),
  },
  {
    ...closed,
    description: 'Encrypts the data of jobs that Temporal stores (default: nothing is encrypted).',
  },
);

const Limits = Type.Object(
  {
    lanes: Type.Optional(
      Type.Union([lanes, Type.Object({ min: lanes, max: lanes }, closed)], {
        description:
          'Concurrent requests. A number: for each copy. With min and max: for each server, as many as make copies faster (default: {min: 4, max: 64}).',
      }),
    ),
    memory: Type.Optional(
      size('1GiB', 'Most bytes that the copies of a worker keep in memory (default: 1GiB).'),
    ),
    bandwidth: Type.Optional(
      Bandwidth('Most bytes a second that the copies of a worker read (default: no limit).'),
    ),
    pair_bandwidth: Type.Optional(
      Type.Record(
        Type.String({ pattern: PAIR_PATTERN }),
        Bandwidth('Most bytes a second that a worker copies.'),
        {
          additionalProperties: false,
          patternErrorMessage: 'two regions such as ot1->ot2',
          description:
            'By source and destination, such as ot1->ot2: the most bytes a second that a worker copies.',
        },
      ),
    ),
    tenant_bandwidth: Type.Optional(
      Type.Record(Type.String(), Bandwidth('Most bytes a second that a worker copies.'), {
        description: 'By tenant id: the most bytes a second that a worker copies for the tenant.',
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
      duration('A worker that sends no heartbeat for this long counts as dead (default: 30s).'),
    ),
    heartbeat_interval: Type.Optional(
      duration(
        'Time between two heartbeats of a copy. They report its progress, and learn of a cancel. Each is a billable action on Temporal Cloud (default: 2s).',
      ),
    ),
    stall_after: Type.Optional(
      duration('A part that moves no byte for this long is read or written again (default: 30s).'),
    ),
    give_up_after: Type.Optional(duration('A copy that moves no byte for this long fails (default: 1h).')),
    no_worker_timeout: Type.Optional(
      duration('A step that no worker takes for this long fails (default: 24h).'),
    ),
  },
  { ...closed, description: 'Limits on concurrency, memory and bandwidth, and time-outs.' },
);

const Metrics = Type.Object(
  {
    host: Type.Optional(text('Address at which metrics and health checks are served (default: 127.0.0.1).')),
    port: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 65535, description: 'Port of that address (default: 9464).' }),
    ),
  },
  {
    ...closed,
    description: 'Metrics for Prometheus, and health checks. Without this section, neither is served.',
  },
);

const Log = Type.Object(
  {
    level: Type.Optional(
      Type.Enum([...LOG_LEVELS], {
        description: 'The lowest level that is logged (default: info).',
      }),
    ),
  },
  { ...closed, description: 'The logs of serve and worker.' },
);

/** The configuration file. docs/configuration.md explains every key. */
export const ConfigFile = Type.Object(
  {
    regions: recordOfRegions(Region),
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
