import { randomBytes } from 'node:crypto';
import { forRequest } from '../temporal/index.ts';
import { cancelJob } from './cancel.ts';
import { type Deletions, deleteJob } from './delete.ts';
import { findJob, unavailable } from './find.ts';
import { findByDestination } from './find-by-destination.ts';
import { followJobs } from './follow.ts';
import { imageExists } from './image-exists.ts';
import { limitJob } from './limit.ts';
import { listJobs } from './list.ts';
import { openMarkers } from './markers.ts';
import { pauseJob, resumeJob } from './pause.ts';
import { retryJob } from './retry.ts';
import { type Caller, type JobService, OPERATOR } from './service.ts';
import { type StartContext, startJob } from './start.ts';
import { liveView } from './view.ts';

/** The longest time for a readiness check; milliseconds. */
const MAX_CHECK = 1500;

/** Everything that the job service needs. */
interface JobServiceOptions extends Omit<StartContext, 'deletions'> {
  /** The key that signs the markers of lists; `null`, the default, for a random one. */
  readonly markerKey?: string | null;
}

/** Returns a service of copy jobs that uses a Temporal client. */
export function createJobService({ markerKey = null, ...options }: JobServiceOptions): JobService {
  const { client, regions } = options;
  const deletions: Deletions = new Map();
  const markers = openMarkers(markerKey ?? randomBytes(32).toString('hex'));
  const context: StartContext = { ...options, deletions };
  const show = async (caller: Caller, jobId: string) =>
    liveView(client, await findJob(client, caller, jobId));
  return {
    start: (caller, request, startOptions) => startJob(context, caller, request, startOptions),
    show,
    follow: followJobs((jobId, signal) => forRequest(client, signal, () => show(OPERATOR, jobId))),
    findByDestination: (caller, imageId) => findByDestination(client, caller, imageId),
    imageExists: (tenantId, imageId, credential) => imageExists(regions, tenantId, imageId, credential),
    list: (caller, query = {}) => listJobs(client, markers, caller, query),
    pause: (caller, jobId, request) => pauseJob(client, caller, jobId, request),
    resume: (caller, jobId, request) => resumeJob(client, caller, jobId, request),
    limit: (caller, jobId, rate) => limitJob(client, caller, jobId, rate),
    delete: (caller, jobId) => deleteJob(client, deletions, caller, jobId),
    cancel: (caller, jobId, request) => cancelJob(client, caller, jobId, request),
    retry: async (caller, jobId) => retryJob(context, caller, await show(caller, jobId)),

    async check() {
      const { namespace } = client.options;
      await client
        .withDeadline(Date.now() + MAX_CHECK, () => client.workflowService.describeNamespace({ namespace }))
        .catch((error) => {
          throw unavailable(error);
        });
    },
  };
}
