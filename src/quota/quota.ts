import type { Client } from '@temporalio/client';
import { Mutex } from 'async-mutex';
import { LRUCache } from 'lru-cache';
import type { TenantLimits } from '../config/index.ts';
import { JOB_MEMO, type JobDetails } from '../copy-job/index.ts';
import {
  allOf,
  countWorkflows,
  listWorkflows,
  OPEN,
  type VisibilityQuery,
  visibility,
} from '../temporal/index.ts';

const HOUR = 3_600_000;
/**
 * The time after which everything that was started is in Temporal's list; milliseconds. For so long we
 * remember it ourselves.
 */
const LAG = 3000;
const MAX_TENANTS = 10_000;

/** A tenant has reached one of its limits. */
export class LimitReached extends Error {
  override readonly name = 'LimitReached';
}

/** Something that is about to be started. */
interface Reservation {
  readonly at: number;
  readonly bytes: number;
}

/** Tells whether a tenant may start one more job or task. */
export interface Quota {
  /**
   * Starts something if the tenant's limits allow it. What Temporal does not show yet counts too if it was
   * started here. Another facade does not know of it: for some seconds each facade may start as many as the
   * limit leaves.
   * @param all a filter that takes everything of this kind that belongs to the tenant
   * @param bytes of the image; zero if that is not known
   * @throws LimitReached that names the limit
   */
  within<T>(tenantId: string, all: VisibilityQuery, bytes: number, start: () => Promise<T>): Promise<T>;
}

/**
 * Counts what tenants have under way in Temporal, and compares it with their limits.
 */
export function openQuota(client: Client, limitsOf: (tenantId: string) => TenantLimits): Quota {
  const tenants = new LRUCache<string, { readonly mutex: Mutex; recent: Reservation[] }>({
    max: MAX_TENANTS,
  });

  const stateOf = (key: string) => {
    const state = tenants.get(key) ?? { mutex: new Mutex(), recent: [] };
    tenants.set(key, state);
    return state;
  };

  return {
    async within(tenantId, all, bytes, start) {
      const limits = limitsOf(tenantId);
      // Jobs, and the tasks of each share, are counted for themselves.
      const state = stateOf(`${tenantId} ${all.text}`);
      const reservation = await state.mutex.runExclusive(async () => {
        const since = new Date(Date.now() - LAG);
        state.recent = state.recent.filter(({ at }) => at >= since.getTime());
        const { recent } = state;
        const open = await counted(client, [all, OPEN], since, recent.length);
        if (open >= limits.openJobs) throw limitReached('open_jobs', limits.openJobs, open);
        const hour = visibility`StartTime > ${new Date(Date.now() - HOUR).toISOString()}`;
        const started = await counted(client, [all, hour], since, recent.length);
        if (started >= limits.jobsPerHour) throw limitReached('jobs_per_hour', limits.jobsPerHour, started);
        if (limits.bytesUnderWay !== null) {
          const moving = await bytesUnderWay(client, all, since, recent);
          if (moving + bytes > limits.bytesUnderWay)
            throw limitReached('bytes_under_way', limits.bytesUnderWay, moving);
        }
        const made = { at: Date.now(), bytes };
        state.recent.push(made);
        return made;
      });
      try {
        return await start();
      } catch (error) {
        state.recent = state.recent.filter((made) => made !== reservation);
        throw error;
      }
    },
  };
}

/**
 * Counts the workflows that match a filter. Of the new ones, Temporal may not show all: takes its count or
 * ours, whichever is higher.
 */
async function counted(
  client: Client,
  terms: readonly VisibilityQuery[],
  since: Date,
  ours: number,
): Promise<number> {
  const start = since.toISOString();
  if (ours === 0) return countWorkflows(client, allOf(terms));
  // The two are counted apart, because what becomes visible between two counts of all would be missed.
  const [older, seen] = await Promise.all([
    countWorkflows(client, allOf([...terms, visibility`StartTime < ${start}`])),
    countWorkflows(client, allOf([...terms, visibility`StartTime >= ${start}`])),
  ]);
  return older + Math.max(seen, ours);
}

/**
 * Adds up the sizes of the images under way. Of the new ones, takes Temporal's sum or ours, whichever is
 * higher.
 */
async function bytesUnderWay(
  client: Client,
  all: VisibilityQuery,
  since: Date,
  recent: readonly Reservation[],
): Promise<number> {
  let [older, seen] = [0, 0];
  for await (const { memo, startTime } of listWorkflows(client, allOf([all, OPEN]))) {
    if (startTime >= since) seen += imageSizeIn(memo);
    else older += imageSizeIn(memo);
  }
  const ours = recent.reduce((sum, { bytes }) => sum + bytes, 0);
  return older + Math.max(seen, ours);
}

function imageSizeIn(memo: Readonly<Record<string, unknown>> | undefined): number {
  const { image_size } = (memo?.[JOB_MEMO] ?? {}) as Partial<JobDetails>;
  return image_size ?? 0;
}

function limitReached(name: string, limit: number, used: number): LimitReached {
  return new LimitReached(`the limit ${name} of your tenant is reached: ${limit}, of which ${used} are used`);
}
