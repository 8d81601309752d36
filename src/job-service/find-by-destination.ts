import type { Client } from '@temporalio/client';
import { COPY_IMAGE, isCancellable, searchAttributes } from '../copy-job/index.ts';
import { allOf, attribute, listWorkflows, visibility } from '../temporal/index.ts';
import { JobError } from './errors.ts';
import { belongsTo, findJob, findJobIfThere, unavailable } from './find.ts';
import { ofTenant } from './list.ts';
import { type Caller, type JobView, OPERATOR } from './service.ts';
import { liveView, recordedView } from './view.ts';

/** Matches every image id. Temporal is not asked about other texts: it cannot search for some of them. */
const IMAGE_ID = /^[\w.:@~+-]{1,255}$/;

/**
 * Finds the job that makes, or has made, an image. Most jobs have the same id as their image. Two kinds of
 * jobs may have another id, and are found by a search attribute:
 * - jobs that were started by hand;
 * - jobs whose first image id became unusable.
 *
 * If several jobs match, returns one that can still be cancelled. If none can, returns the newest.
 * @throws JobError `not_found`, or `unavailable`
 */
export async function findByDestination(client: Client, caller: Caller, imageId: string): Promise<JobView> {
  const description =
    (await findJobIfThere(client, caller, imageId)) ??
    (await findJob(client, caller, await searchJobId(client, caller, imageId)));
  const job = await liveView(client, description);
  if (job.objects) throw notFound(imageId);
  return job;
}

async function searchJobId(client: Client, caller: Caller, imageId: string): Promise<string> {
  if (!IMAGE_ID.test(imageId)) throw notFound(imageId);
  const key = searchAttributes.destinationImage;
  const terms = [
    visibility`WorkflowType = ${COPY_IMAGE}`,
    visibility`ParentWorkflowId IS NULL`,
    visibility`${attribute(key.name)} = ${imageId}`,
    ...(caller === OPERATOR ? [] : [ofTenant(caller.tenant_id)]),
  ];
  const jobs: JobView[] = [];
  try {
    for await (const execution of listWorkflows(client, allOf(terms))) {
      const job = recordedView(execution);
      // SQLite ignores the case of letters when it compares keywords.
      const isExact = execution.typedSearchAttributes.get(key) === imageId;
      if (isExact && !job.objects && belongsTo(job, caller)) jobs.push(job);
    }
  } catch (error) {
    throw unavailable(error);
  }
  const found = jobs.find(({ status }) => isCancellable(status)) ?? jobs[0];
  if (found === undefined) throw notFound(imageId);
  return found.job_id;
}

function notFound(imageId: string): JobError {
  return new JobError('not_found', `no job makes an image ${imageId}`);
}
