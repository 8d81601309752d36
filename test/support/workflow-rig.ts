import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import {
  Client,
  type WorkflowExecutionDescription,
  WorkflowFailedError,
  type WorkflowHandle,
} from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import { inject } from 'vitest';
import { loadConfig } from '../../src/config/index.ts';
import { COPY_IMAGE, type CopyRequest, type JobDetails, TASK_QUEUE } from '../../src/copy-job/index.ts';
import type { ImageRecord } from '../../src/image/index.ts';
import { type Deployment, deploy, MIB } from './deployment.ts';
import { until } from './until.ts';
import type { ActivityHook, StoreHooks } from './workflow-hooks.ts';
import { IDENTITY, quietRuntime, type TestWorkers, testWorkers } from './workflow-workers.ts';

/** A deployment whose workers run in this process, so that a test can get between them and the stores. */
export interface Rig {
  readonly deployment: Deployment;
  readonly client: Client;
  readonly workers: TestWorkers;
  /** Makes an image in `ot1` and starts a copy of it to `ot2`, as anybody with a Temporal client could. */
  startJob(options?: JobOptions): Promise<Job>;
  /** Returns the names in the destination's folder that belong to a copy. */
  traces(job: Job): Promise<string[]>;
  /** Starts the workflow with any input. */
  startWith(input: unknown, workflowId?: string): Promise<WorkflowHandle>;
  /** Puts a hook around the activities of a workflow that is yet to be started. */
  hookActivities(workflowId: string, hook: ActivityHook): void;
  stop(): Promise<void>;
}

export interface JobOptions {
  readonly workflowId?: string;
  /** The number of bytes of the image. */
  readonly size?: number;
  readonly source?: StoreHooks;
  readonly destination?: StoreHooks;
  readonly activities?: ActivityHook;
  /** The tenant of the job. Without a tenant, it is an operator's job. */
  readonly tenant?: string;
  /** An existing image, which is to be copied again. */
  readonly image?: ImageRecord;
  /** The Task Queue of the workflow, if the job has workers of its own. */
  readonly taskQueue?: string;
}

/** A copy that was started. */
export interface Job {
  readonly handle: WorkflowHandle;
  readonly image: ImageRecord;
  /** The image id of the copy. */
  readonly copyId: string;
}

/** How a job has ended. */
export interface Ending {
  readonly closed: WorkflowExecutionDescription['status']['name'];
  /** The details in the memo. */
  readonly details: JobDetails;
  readonly status: unknown;
  /** The failure with which the workflow closed. */
  readonly failure: Error | undefined;
}

export async function startRig(
  options: {
    limits?: Record<string, unknown>;
    workers?: boolean;
    /**
     * If true, each attempt of a step runs as on another worker: nothing of earlier attempts is in memory.
     */
    apart?: boolean;
    /** The address of a Temporal server, if the shared one is not to be used. */
    address?: string;
  } = {},
): Promise<Rig> {
  quietRuntime();
  // The heartbeat timeout is long, so that a worker on a busy machine is not taken for dead. A test about
  // dead workers sets a shorter one.
  const address = options.address ?? inject('temporalAddress');
  const deployment = await deploy({ address, limits: { heartbeat_timeout: '30s', ...options.limits } });
  const { namespace, regions } = deployment;
  const client = new Client({ connection: deployment.client.connection, namespace, identity: IDENTITY });
  const connection = await NativeConnection.connect({ address });
  const { limits } = await loadConfig(join(deployment.folder, 'config.yaml'));
  const storeHooks = new Map<string, StoreHooks>();
  const activityHooks = new Map<string, ActivityHook>();
  const { apart = false } = options;
  const workers = testWorkers({ connection, client, regions, limits, storeHooks, activityHooks, apart });
  if (options.workers !== false) await Promise.all([workers.startWorkflows(), workers.startStores()]);
  const startWith = (input: unknown, workflowId: string = randomUUID(), taskQueue = TASK_QUEUE) =>
    client.workflow.start(COPY_IMAGE, { taskQueue, workflowId, args: [input] });
  return {
    deployment,
    client,
    workers,
    startWith,
    traces: async ({ copyId }) => (await deployment.files('ot2')).filter((name) => name.includes(copyId)),
    async startJob({ workflowId = randomUUID(), size = 2 * MIB + 123, taskQueue, ...job } = {}) {
      const image = job.image ?? (await deployment.addImage('ot1', size));
      const copyId = randomUUID();
      if (job.source) storeHooks.set(image.id, job.source);
      if (job.destination) storeHooks.set(copyId, job.destination);
      if (job.activities) activityHooks.set(workflowId, job.activities);
      const request: CopyRequest = {
        source: { region: 'ot1', image_id: image.id, ...(job.tenant && { tenant_id: job.tenant }) },
        destination: { region: 'ot2', image_id: copyId },
      };
      return { handle: await startWith(request, workflowId, taskQueue), image, copyId };
    },
    hookActivities: (workflowId, hook) => void activityHooks.set(workflowId, hook),
    async stop() {
      await workers.stop();
      await connection.close();
      await deployment.stop();
    },
  };
}

/** Waits for a job's end. */
export async function endOf({ handle }: { handle: WorkflowHandle }): Promise<Ending> {
  const failure = await handle.result().then(
    () => undefined,
    (error) => {
      if (error instanceof WorkflowFailedError) return error.cause;
      throw error;
    },
  );
  const { status, memo, searchAttributes } = await handle.describe();
  const details = memo?.job as JobDetails;
  return { closed: status.name, details, status: searchAttributes.CopyJobStatus?.[0], failure };
}

/** Returns the job's details from a query of the workflow itself. */
export function detailsOf({ handle }: { handle: WorkflowHandle }): Promise<JobDetails> {
  return handle.query<JobDetails>('jobDetails');
}

/** Waits until the details of the workflow meet a condition. */
export function untilDetails(
  job: { handle: WorkflowHandle },
  condition: (details: JobDetails) => boolean,
): Promise<JobDetails> {
  return until(async () => {
    const details = await detailsOf(job);
    return condition(details) && details;
  });
}
