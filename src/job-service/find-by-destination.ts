import type { Client } from '@temporalio/client';
import { COPY_IMAGE, isCancellable, searchAttributes, tenantKeyword } from '../copy-job/index.ts';
import { JobError } from './errors.ts';
import { belongsTo, findJob, findJobIfThere, unavailable } from './find.ts';
import { type Caller, type JobView, OPERATOR } from './service.ts';
import { liveView, recordedView } from './view.ts';

/** Only such an id gets into a query. */
const PLAIN_ID = /^[\w.:@~+-]{1,255}$/;

/**
 * The job that makes, or has made, an image. Its own id is the one that was reserved for its image; a job
 * that was started by hand may have reserved another, and one whose image was spoilt has replaced it: these
 * are found by the search attribute. Of several the one that may still be cancelled, else the newest.
 */
export async function findByDestination(client: Client, caller: Caller, imageId: string): Promise<JobView> {
  const description =
    (await findJobIfThere(client, caller, imageId)) ??
    (await findJob(client, caller, await searchedFor(client, caller, imageId)));
  const job = await liveView(client, description);
  if (job.objects) throw notFound(imageId);
  return job;
}

async function searchedFor(client: Client, caller: Caller, imageId: string): Promise<string> {
  if (!PLAIN_ID.test(imageId)) throw notFound(imageId);
  const key = searchAttributes.destinationImage;
  const terms = [
    `WorkflowType = '${COPY_IMAGE}'`,
    'ParentWorkflowId IS NULL',
    `${key.name} = '${imageId}'`,
    ...(caller === OPERATOR
      ? []
      : [`${searchAttributes.tenants.name} = '${tenantKeyword(caller.tenant_id)}'`]),
  ];
  const jobs: JobView[] = [];
  try {
    for await (const execution of client.workflow.list({ query: terms.join(' AND ') })) {
      const job = recordedView(execution);
      // SQLite finds keywords regardless of their case.
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
