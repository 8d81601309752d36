import type { Client } from '@temporalio/client';
import { Mutex } from 'async-mutex';
import { LRUCache } from 'lru-cache';
import type { TenantLimits } from '../config/index.ts';
import { jobInMemo } from '../copy-job/index.ts';
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
 * remembers the workflows that it has started.
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

/** The jobs of a tenant, or its tasks of one share. */
interface Work {
  /** A filter that matches the workflows. */
  readonly all: VisibilityQuery;
  /** The time from which Temporal's list may lack some of the workflows. */
  readonly since: Date;
  /** The workflows that this process has started after `since`. */
  readonly recent: readonly Reservation[];
}

/** Keeps the work of each tenant within the tenant's limits. */
export interface Quota {
  /**
   * Starts a job or a task if the tenant's limits allow it. Jobs and tasks that this process has just started
   * count too, although Temporal does not list them yet. Each facade knows only its own starts: for some
   * seconds, all facades together may exceed a limit.
   * @param all a filter that matches all jobs of the tenant, or all its tasks of one share
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
        await assertWithin(limits, bytes, client, { all, since, recent: state.recent });
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

/** Throws LimitReached if the tenant may not start one more job or task, with an image of so many bytes. */
async function assertWithin(limits: TenantLimits, bytes: number, client: Client, work: Work): Promise<void> {
  const open = await count(client, work, OPEN);
  if (open >= limits.openJobs) throw limitReached('open_jobs', limits.openJobs, open);
  const inLastHour = visibility`StartTime > ${new Date(Date.now() - HOUR).toISOString()}`;
  const started = await count(client, work, inLastHour);
  if (started >= limits.jobsPerHour) throw limitReached('jobs_per_hour', limits.jobsPerHour, started);
  if (limits.bytesUnderWay === null) return;
  const moving = await bytesUnderWay(client, work);
  if (moving + bytes > limits.bytesUnderWay) {
    throw limitReached('bytes_under_way', limits.bytesUnderWay, moving);
  }
}

/**
 * Counts the workflows that match one more filter. Temporal and this process may know different numbers of
 * workflows that have started after `since`. The higher number counts.
 */
async function count(client: Client, { all, since, recent }: Work, filter: VisibilityQuery): Promise<number> {
  if (recent.length === 0) return countWorkflows(client, allOf([all, filter]));
  const start = since.toISOString();
  // The older workflows have a filter of their own. If they were computed as the difference of two counts, a
  // workflow that becomes visible between these counts would be missed.
  const [older, seen] = await Promise.all([
    countWorkflows(client, allOf([all, filter, visibility`StartTime < ${start}`])),
    countWorkflows(client, allOf([all, filter, visibility`StartTime >= ${start}`])),
  ]);
  return older + Math.max(seen, recent.length);
}

/**
 * Adds up the sizes of the images that are being copied. Temporal and this process may know different sums
 * for the workflows that have started after `since`. The higher sum counts.
 */
async function bytesUnderWay(client: Client, { all, since, recent }: Work): Promise<number> {
  let [older, seen] = [0, 0];
  for await (const { memo, startTime } of listWorkflows(client, allOf([all, OPEN]))) {
    if (startTime >= since) seen += jobInMemo(memo)?.image_size ?? 0;
    else older += jobInMemo(memo)?.image_size ?? 0;
  }
  const ours = recent.reduce((sum, { bytes }) => sum + bytes, 0);
  return older + Math.max(seen, ours);
}

function limitReached(name: string, limit: number, used: number): LimitReached {
  return new LimitReached(`the limit ${name} of your tenant is reached: ${limit}, of which ${used} are used`);
}
