import Type, { type Static } from 'typebox';
import type { TenantLimits } from './config.ts';
import { closed, size } from './schema-parts.ts';
import { parseSize } from './size.ts';

const count = (description: string) =>
  Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000, description }));

const limits = {
  requests_per_second: count('Requests of a tenant in a second (default: 100).'),
  concurrent_requests: count('Requests of a tenant at the same time (default: 64).'),
  event_streams: count('Streams of events of a tenant at the same time (default: 50).'),
  open_jobs: count('Jobs and share tasks of a tenant that have not ended (default: 1000).'),
  jobs_per_hour: count('Jobs and share tasks that a tenant starts in an hour (default: 5000).'),
  bytes_under_way: Type.Optional(
    size('200GiB', 'Bytes of all images that a tenant is copying, such as 20TiB (default: any number).'),
  ),
};

/** The schema of the configuration's section `tenant_limits`. */
export const TenantLimitsSection = Type.Object(
  {
    ...limits,
    overrides: Type.Optional(
      Type.Record(Type.String(), Type.Object(limits, closed), {
        description: 'By tenant id: the limits that are different for this tenant.',
      }),
    ),
  },
  { ...closed, description: 'How much one tenant may ask of the facade.' },
);

const DEFAULTS: TenantLimits = {
  requestsPerSecond: 100,
  concurrentRequests: 64,
  eventStreams: 50,
  openJobs: 1000,
  jobsPerHour: 5000,
  bytesUnderWay: null,
};

/** Returns a function that returns the limits of a tenant, with every default filled in. */
export function tenantLimits(section: Static<typeof TenantLimitsSection> = {}): (id: string) => TenantLimits {
  const { overrides = {}, ...all } = section;
  const common = withOverrides(DEFAULTS, all);
  const byTenant = new Map(Object.entries(overrides).map(([id, own]) => [id, withOverrides(common, own)]));
  return (id) => byTenant.get(id) ?? common;
}

function withOverrides(
  base: TenantLimits,
  own: Omit<Static<typeof TenantLimitsSection>, 'overrides'>,
): TenantLimits {
  return {
    requestsPerSecond: own.requests_per_second ?? base.requestsPerSecond,
    concurrentRequests: own.concurrent_requests ?? base.concurrentRequests,
    eventStreams: own.event_streams ?? base.eventStreams,
    openJobs: own.open_jobs ?? base.openJobs,
    jobsPerHour: own.jobs_per_hour ?? base.jobsPerHour,
    bytesUnderWay: own.bytes_under_way === undefined ? base.bytesUnderWay : parseSize(own.bytes_under_way),
  };
}
