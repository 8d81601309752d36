import { randomUUID } from 'node:crypto';
import { mkdir, open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { loadConfig } from '../src/config/index.ts';
import { createJobService, type JobService } from '../src/job-service/index.ts';
import { newRecord } from '../src/stores/new-record.ts';
import { type Deployment, deploy } from '../test/support/deployment.ts';
import type { TestProcess } from '../test/support/process.ts';
import { startTemporal } from './temporal.ts';

/**
 * The processes that are measured: a Temporal server, a worker in a process of its own, and the workers of
 * the bare workflow in this process.
 */
export interface Stack {
  readonly deployment: Deployment;
  readonly jobs: JobService;
  readonly worker: TestProcess;
  stop(): Promise<void>;
}

/** The Task Queue of the bare workflow, and another one on which its activity may run instead. */
export const NOOP_QUEUE = 'bench-noop';
export const NOOP_ACTIVITY_QUEUE = 'bench-noop.activities';

/** Starts everything, with one worker. */
export async function startStack(): Promise<Stack> {
  Runtime.install({ logger: new DefaultLogger('WARN') });
  const temporal = await startTemporal();
  const deployment = await deploy({ address: temporal.address, limits: { heartbeat_timeout: '30s' } });
  const { limits } = await loadConfig(deployment.env.IMAGE_REPLICATOR_CONFIG ?? '');
  const jobs = createJobService({ client: deployment.client, regions: deployment.regions, limits });
  const worker = await deployment.startWorker();
  const connection = await NativeConnection.connect({ address: temporal.address });
  const common = { connection, namespace: deployment.namespace, activities: { nothing: async () => {} } };
  const workflowsPath = join(import.meta.dirname, 'noop.ts');
  const peers = [
    await Worker.create({ ...common, taskQueue: NOOP_QUEUE, workflowsPath }),
    await Worker.create({ ...common, taskQueue: NOOP_ACTIVITY_QUEUE }),
  ];
  const peersRun = Promise.all(peers.map((peer) => peer.run()));
  return {
    deployment,
    jobs,
    worker,
    async stop() {
      for (const peer of peers) peer.shutdown();
      await peersRun;
      await connection.close();
      await deployment.stop();
      await temporal.stop();
    },
  };
}

/**
 * Adds an image of holes, which takes no room on the disk and reads as zeros. The image's record has no
 * digest. Returns the image's id.
 */
export async function addSparseImage({ folder }: Deployment, size: number): Promise<string> {
  const id = randomUUID();
  const image = join(folder, 'ot1', id);
  await mkdir(image);
  const data = await open(join(image, 'data'), 'w');
  await data.truncate(size);
  await data.close();
  const record = newRecord({ id, name: 'sparse', size });
  await writeFile(join(image, 'image.json'), JSON.stringify(record));
  return id;
}
