import type { FastifyInstance } from 'fastify';
import { type Logger, pino } from 'pino';
import { expect } from 'vitest';
import type { DialectContext } from '../../src/api/dialect.ts';
import { createApi } from '../../src/api/index.ts';
import type { ApiConfig } from '../../src/config/index.ts';
import { tenantLimits } from '../../src/config/tenant-limits.ts';
import type { Identity, Principal } from '../../src/identity/index.ts';
import type { JobService } from '../../src/job-service/index.ts';
import type { TaskService } from '../../src/task-service/index.ts';
import { expectNoGrowth } from '../support/heap-growth.ts';
import { access, secret } from '../unit/signatures/vectors.ts';

export const READER_TOKEN = 'token-of-a-reader';

const principal = (may_copy: boolean): Principal => ({
  tenant_id: 'a-project',
  may_copy,
  mayCopyInto: async () => true,
});

/** An identity that knows the access key of the recorded requests, and one token with the role reader. */
export const READER_IDENTITY: Identity = {
  authenticate: async (token) => (token === READER_TOKEN ? principal(false) : null),
  accessKey: async (id) => (id === access ? { secret, signIn: async () => principal(true) } : null),
  check: async () => undefined,
};

/** The configuration of a facade whose regions are `ot1` and `ot2`. */
export const API_CONFIG: ApiConfig = {
  host: '127.0.0.1',
  port: 0,
  bodyLimit: 16_384,
  tls: null,
  defaultSourceRegion: 'ot1',
  sourceRegionByHost: new Map(),
  destinationRegionByTenant: new Map(),
  secret: null,
};

/** Serves the facade with these parts of a job service, and listens. */
export async function serveJobs(
  jobs: Partial<JobService>,
  forRequest: DialectContext['forRequest'] = (_signal, work) => work(),
  limits: Parameters<typeof tenantLimits>[0] = {},
  config: Partial<ApiConfig> = {},
  logger: Logger = pino({ level: 'silent' }),
): Promise<FastifyInstance> {
  const app = await createApi(
    {
      jobs: jobs as JobService,
      tasks: {} as TaskService,
      identity: READER_IDENTITY,
      config: { ...API_CONFIG, ...config },
      regionNames: () => ['ot1', 'ot2'],
      forRequest,
      limitsOf: tenantLimits(limits),
    },
    logger,
  );
  await app.listen({ port: 0, host: '127.0.0.1' });
  return app;
}

/** Returns an Authorization header that no signer has made, a different one in each round. */
function malformed(good: string, round: number): string {
  const at = (round * 7919) % good.length;
  const variants = [
    good.slice(0, at),
    good.slice(0, at) + String.fromCharCode(33 + (round % 90)) + good.slice(at + 1),
    good.replace(access, `nobody-${round}`),
    good.replace(/[0-9a-f]{64}$/, round.toString(16).padStart(64, '0')),
    good.replaceAll('/', '//').repeat(1 + (round % 3)),
    `${good}${';'.repeat(round % 4000)}`,
    'x'.repeat(round % 8000),
  ];
  return variants[round % variants.length] ?? '';
}

/**
 * Sends 10,000 requests with malformed Authorization headers. Expects that each is refused with one of these
 * statuses, and that memory does not grow.
 */
export async function sendMalformed(
  app: FastifyInstance,
  url: string,
  good: string,
  statuses: readonly number[],
): Promise<void> {
  const headers = { 'content-type': 'application/json', 'x-sdk-date': '20260101T000000Z' };
  const send = async (round: number) => {
    const authorization = malformed(good, round);
    const { statusCode, body } = await app.inject({
      method: 'POST',
      url: `${url}`,
      headers: { ...headers, authorization },
      body: '{}',
    });
    expect(statuses, authorization).toContain(statusCode);
    expect(body).not.toMatch(/node_modules|\.ts:/);
  };
  await expectNoGrowth(send);
}
