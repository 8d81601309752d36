import type { Client } from '@temporalio/client';
import { COPY_IMAGE, isFinal, JOB_STATUSES, searchAttributes } from '../copy-job/index.ts';
import {
  allOf,
  attribute,
  countWorkflows,
  OPEN,
  type VisibilityQuery,
  visibility,
} from '../temporal/index.ts';

type Counted = readonly [labels: Record<string, string>, count: number];

const OPEN_JOBS = allOf([visibility`WorkflowType = ${COPY_IMAGE}`, OPEN]);
const { status, sourceRegion, destinationRegion } = searchAttributes;
const OPEN_STATUSES = JOB_STATUSES.filter((one) => !isFinal(one));

/**
 * Counts the jobs that have not ended, by status and pair of regions. Returns only counts above 0. Temporal
 * cannot group by custom search attributes, so each count needs its own call. A region or pair without jobs
 * needs only one call.
 */
export async function countOpenJobs(client: Client, regions: readonly string[]): Promise<readonly Counted[]> {
  const counts = await Promise.all(
    regions.map(async (destination) => {
      const jobs = where(OPEN_JOBS, destinationRegion.name, destination);
      if ((await countWorkflows(client, jobs)) === 0) return [];
      const pairs = await Promise.all(regions.map((source) => countPair(client, jobs, source, destination)));
      return pairs.flat();
    }),
  );
  return counts.flat();
}

async function countPair(
  client: Client,
  intoDestination: VisibilityQuery,
  source: string,
  destination: string,
): Promise<readonly Counted[]> {
  const jobs = where(intoDestination, sourceRegion.name, source);
  if ((await countWorkflows(client, jobs)) === 0) return [];
  const counts = await Promise.all(
    OPEN_STATUSES.map(async (one): Promise<Counted> => {
      const labels = { status: one, source_region: source, destination_region: destination };
      return [labels, await countWorkflows(client, where(jobs, status.name, one))];
    }),
  );
  return counts.filter(([, count]) => count > 0);
}

function where(query: VisibilityQuery, name: string, value: string): VisibilityQuery {
  return allOf([query, visibility`${attribute(name)} = ${value}`]);
}
