import Type, { type Static } from 'typebox';
import { SIZE_PATTERN } from './size.ts';

const Name = Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$' });
export const Duration = Type.String({ pattern: '^[1-9][0-9]* ?(ms|s|m|h|d)$' });
export const Text = Type.String({ minLength: 1 });
export const closed = { additionalProperties: false } as const;

/** The configuration file. docs/configuration.md explains every key. */
export const ConfigFile = Type.Object(
  {
    regions: Type.Record(
      Name,
      Type.Object(
        {
          store: Type.Object({ driver: Type.String() }),
          task_queue: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
        },
        closed,
      ),
      { minProperties: 1, additionalProperties: false },
    ),
    shares: Type.Optional(
      Type.Record(
        Name,
        Type.Object(
          {
            region: Name,
            targets: Type.Record(Name, Name, { minProperties: 1, additionalProperties: false }),
            tenants: Type.Array(Type.String({ minLength: 1, maxLength: 255 })),
          },
          closed,
        ),
        { additionalProperties: false },
      ),
    ),
    api: Type.Optional(
      Type.Object(
        {
          host: Type.Optional(Type.String({ minLength: 1 })),
          port: Type.Optional(Type.Integer({ minimum: 0, maximum: 65535 })),
          body_limit: Type.Optional(Type.Integer({ minimum: 1024 })),
          default_source_region: Type.Optional(Name),
          source_region_by_host: Type.Optional(Type.Record(Type.String(), Name)),
          destination_region_by_tenant: Type.Optional(Type.Record(Type.String(), Name)),
        },
        closed,
      ),
    ),
    identity: Type.Optional(Type.Object({ driver: Type.String() })),
    spool: Type.Optional(Type.Object({ path: Text, size: Type.String({ pattern: SIZE_PATTERN }) }, closed)),
    limits: Type.Optional(
      Type.Object(
        {
          lanes: Type.Optional(Type.Integer({ minimum: 1, maximum: 64 })),
          concurrent_activities: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 })),
          heartbeat_timeout: Type.Optional(Duration),
          stall_after: Type.Optional(Duration),
          give_up_after: Type.Optional(Duration),
          no_worker_timeout: Type.Optional(Duration),
        },
        closed,
      ),
    ),
    web_ui: Type.Optional(Type.String({ pattern: '^https?://' })),
  },
  closed,
);

export type ConfigFile = Static<typeof ConfigFile>;
