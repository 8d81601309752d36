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
 * The time after which Temporal's list surely includes a new workflow; milliseconds. Until then, this process
 * remembers what it has started.
 */
const LAG = 3000;
const MAX_TENANTS = 10_000;

/** A tenant has reached one of its limits. */
export class LimitReached extends Error {
  override readonly name = 'LimitReached';
}

/** A job or task that this process has started, or is about to start. */
interface Reservation {
  readonly at: number;
  readonly bytes: number;
}

/** Keeps the work of each tenant within the tenant's limits. */
export interface Quota {
  /**
   * Starts a job or a task if the tenant's limits allow it. Counts also what this process has started and
   * Temporal does not list yet. Other facades do not know of that, so for some seconds all facades together
   * may exceed a limit.
   * @param all a filter that matches all workflows of this kind that belong to the tenant
   * @param bytes the size of the image; 0 if it is not known
   * @throws LimitReached, whose message names the limit
   */
  within<T>(tenantId: string, all: VisibilityQuery, bytes: number, start: () => Promise<T>): Promise<T>;
}

/**
 * Returns a quota that counts the workflows of each tenant in Temporal, and compares the numbers with the
 * tenant's limits.
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
      // Jobs, and the tasks of each share, are counted separately.
      const state = stateOf(`${tenantId} ${all.text}`);
      const reservation = await state.mutex.runExclusive(async () => {
        const since = new Date(Date.now() - LAG);
        state.recent = state.recent.filter(({ at }) => at >= since.getTime());
        const { recent } = state;
        const open = await countWithRecent(client, [all, OPEN], since, recent.length);
        if (open >= limits.openJobs) throw limitReached('open_jobs', limits.openJobs, open);
        const hour = visibility`StartTime > ${new Date(Date.now() - HOUR).toISOString()}`;
        const started = await countWithRecent(client, [all, hour], since, recent.length);
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
 * Counts the workflows that match a filter. Temporal's list may lack some of the workflows that have started
 * after `since`, so for these the higher of two numbers counts: Temporal's, or that of this process (`ours`).
 */
async function countWithRecent(
  client: Client,
  terms: readonly VisibilityQuery[],
  since: Date,
  ours: number,
): Promise<number> {
  const start = since.toISOString();
  if (ours === 0) return countWorkflows(client, allOf(terms));
  // Old and new workflows are counted by two filters. If the old ones were the difference between two counts,
  // a workflow that becomes visible between these counts would be missed.
  const [older, seen] = await Promise.all([
    countWorkflows(client, allOf([...terms, visibility`StartTime < ${start}`])),
    countWorkflows(client, allOf([...terms, visibility`StartTime >= ${start}`])),
  ]);
  return older + Math.max(seen, ours);
}

/**
 * Adds up the sizes of the images that are being copied. For workflows that have started after `since`, the
 * higher of Temporal's sum and that of this process counts.
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
