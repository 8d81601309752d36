import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { TenantLimits } from '../../config/index.ts';
import { RequestProblem } from '../problem.ts';

/** The time after which a tenant with too many requests at the same time may try again; seconds. */
const RETRY_AFTER = 1;

/**
 * Counts a request of a tenant. Resolves if the tenant's limits allow the request.
 * @throws RequestProblem `throttled` if the tenant has sent too many requests in this second, or has too many
 * under way at the same time
 */
export type Admission = (request: FastifyRequest, tenantId: string) => Promise<void>;

/**
 * Limits how many requests each tenant may send in a second, and have under way at the same time. So a busy
 * tenant does not slow down the others. Each facade counts only its own requests.
 */
export async function openAdmission(
  app: FastifyInstance,
  limitsOf: (tenantId: string) => TenantLimits,
): Promise<Admission> {
  await app.register(rateLimit, { global: false });
  const tenants = new WeakMap<FastifyRequest, string>();
  const tenantOf = (request: FastifyRequest): string => tenants.get(request) ?? '';
  const perSecond = app.createRateLimit({
    keyGenerator: tenantOf,
    max: (request) => limitsOf(tenantOf(request)).requestsPerSecond,
    timeWindow: 1000,
  });
  const underWay = new Map<string, number>();
  const admitted = new WeakSet<FastifyRequest>();

  // The work is done when the answer is sent. (`onResponse` is not called if the client has disconnected.)
  app.addHook('onSend', async (request) => {
    if (!admitted.delete(request)) return;
    const left = (underWay.get(tenantOf(request)) ?? 1) - 1;
    if (left === 0) underWay.delete(tenantOf(request));
    else underWay.set(tenantOf(request), left);
  });

  return async (request, tenantId) => {
    tenants.set(request, tenantId);
    const rate = await perSecond(request);
    // `isAllowed` is `true` only for tenants on an allow list. `isExceeded` tells about all others.
    if (!rate.isAllowed && rate.isExceeded) throw tooMany('in a second', rate.ttlInSeconds);
    // If the client has gone before its body was read, the request ends here without an answer. Then nothing
    // would call `onSend`.
    if (request.raw.socket.destroyed) throw new RequestProblem('timed_out', 'the client has gone');
    const count = underWay.get(tenantId) ?? 0;
    if (count >= limitsOf(tenantId).concurrentRequests) throw tooMany('at the same time', RETRY_AFTER);
    underWay.set(tenantId, count + 1);
    admitted.add(request);
  };
}

function tooMany(when: string, retryAfter: number): RequestProblem {
  const message = `your tenant has sent too many requests ${when}; try again in ${retryAfter} s`;
  return new RequestProblem('throttled', message, { retryAfter });
}
