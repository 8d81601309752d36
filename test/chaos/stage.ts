import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { COPY_IMAGE, type CopyRequest, TASK_QUEUE } from '../../src/copy-job/index.ts';
import { deploy, MIB } from '../support/deployment.ts';
import type { End } from './end.ts';
import { type HttpProxy, startHttpProxy } from './proxy.ts';
import { randomOf } from './random.ts';
import type { Servers } from './servers.ts';
import type { StoreName } from './store-name.ts';
import { directoryEnd, sha512 } from './stores/directory.ts';
import { glanceEnd } from './stores/glance.ts';
import { objectsDirectoryEnd } from './stores/objects-directory.ts';
import { objectsS3End, s3End } from './stores/s3.ts';
import type { Stage, Trial, WorkerOptions } from './trial.ts';
import { watchJob } from './watch.ts';
import { type ChaosWorker, startChaosWorker } from './worker.ts';

/** Makes everything that a trial needs: two ends, an image at one of them, and a deployment. */
export async function openStage(trial: Trial, servers: Servers): Promise<Stage> {
  const random = randomOf(trial.seed);
  const root = await mkdtemp(join(tmpdir(), 'image-replicator-chaos-ends-'));
  const { fault, store } = trial;
  const [from, to] = fault.side === 'source' ? [store, otherEnd(store)] : [otherEnd(store), store];
  const source = await openEnd(from, 'ot1', root, servers);
  const destination = await openEnd(to, 'ot2', root, servers);
  const temporal = await (fault.ownTemporal ? servers.ownTemporal() : servers.temporal());
  const deployment = await deploy({
    address: temporal.address,
    temporalProgram: servers.temporalProgram,
    config: {
      regions: { ot1: { store: source.store(null) }, ot2: { store: destination.store(null) } },
      ...fault.config,
    },
    limits: limitsOf(trial),
    api: { default_source_region: 'ot1' },
    env: cloudsEnv(),
  });
  const data = randomBytes(random.between(24 * MIB, 40 * MIB));
  const id = await source.seed(data);
  const old = destination.objects ? Buffer.from('what was there before') : null;
  if (old !== null) await destination.seed(old);
  const jobId = randomUUID();
  const watch = await watchJob(deployment, () => stage.jobId);
  const workers: ChaosWorker[] = [];
  const stage: Stage = {
    trial,
    random,
    servers,
    temporal,
    deployment,
    source,
    destination,
    image: { id, data, sha512: sha512(data) },
    old: old && { sha512: sha512(old) },
    jobId,
    watch,
    workers,
    cancelAccepted: false,
    terminated: false,
    startJob: () => startJobOf(stage),
    async startWorker(options = {}) {
      const worker = await startWorkerOf(stage, options);
      workers.push(worker);
      if (options.slow !== undefined) slowDown(stage, worker, options.slow);
      return worker;
    },
    async close() {
      await watch.stop().catch(() => {});
      await Promise.allSettled(workers.map((worker) => worker.close()));
      await deployment.stop().catch(() => {});
      if (fault.ownTemporal) await temporal.stop();
      await Promise.allSettled([source.close(), destination.close()]);
      await rm(root, { recursive: true, force: true });
    },
  };
  return stage;
}

/** Returns limits with which a lost worker and a dead server are noticed soon. */
function limitsOf({ fault }: Trial): Record<string, unknown> {
  return { heartbeat_timeout: '2s', stall_after: '3s', give_up_after: '20s', ...fault.limits };
}

function cloudsEnv(): NodeJS.ProcessEnv {
  const { OS_CLIENT_CONFIG_FILE } = process.env;
  return OS_CLIENT_CONFIG_FILE === undefined ? {} : { OS_CLIENT_CONFIG_FILE };
}

/** Starts the job as anybody with a Temporal client can. */
async function startJobOf({ deployment, source, destination, image, jobId }: Stage): Promise<void> {
  const tenant = source.tenant ?? destination.tenant;
  const owner = tenant === null ? {} : { tenant_id: tenant };
  const request: CopyRequest = {
    ...(source.objects && { objects: true }),
    source: { region: 'ot1', image_id: image.id, ...owner },
    destination: { region: 'ot2', ...(source.objects ? {} : { image_id: jobId }), ...owner },
  };
  await deployment.client.workflow.start(COPY_IMAGE, {
    taskQueue: TASK_QUEUE,
    workflowId: jobId,
    args: [request],
  });
}

function otherEnd(store: StoreName): StoreName {
  return store.startsWith('objects') ? 'objects-directory' : 'directory';
}

async function openEnd(
  store: StoreName,
  region: 'ot1' | 'ot2',
  root: string,
  servers: Servers,
): Promise<End> {
  const folder = join(root, region);
  switch (store) {
    case 'directory':
      return directoryEnd(folder);
    case 'objects-directory':
      return objectsDirectoryEnd(folder);
    case 's3':
      return s3End((await servers.s3()).endpoint);
    case 'objects-s3':
      return objectsS3End((await servers.s3()).endpoint);
    case 'glance':
      return glanceEnd(await servers.cloud(), region);
  }
}

interface OpenLine {
  readonly proxy: HttpProxy;
  readonly region: string;
  giveBack(): Promise<void>;
}

async function openLine(end: End, region: 'ot1' | 'ot2', servers: Servers): Promise<OpenLine | null> {
  if (end.server === null) return null;
  if (end.tenant !== null) {
    const cloud = await servers.cloud();
    const line = await cloud.borrow(region);
    return { ...line, giveBack: () => cloud.giveBack(line) };
  }
  const proxy = await startHttpProxy(end.server);
  return { proxy, region, giveBack: () => proxy.close() };
}

/** The arguments of a worker. No job of a trial copies to `ot1`, so a worker for `ot1` only runs the jobs. */
const ARGUMENTS = {
  copies: ['--no-workflows', '--region', 'ot2'],
  jobs: ['--region', 'ot1'],
  both: [],
};

async function startWorkerOf(
  { deployment, source, destination, servers, temporal, trial }: Stage,
  { part, wrap = [] }: WorkerOptions,
): Promise<ChaosWorker> {
  const lines = {
    source: await openLine(source, 'ot1', servers),
    destination: await openLine(destination, 'ot2', servers),
  };
  return startChaosWorker({
    address: temporal.address,
    folder: deployment.folder,
    config: { limits: limitsOf(trial), ...trial.fault.config },
    ends: { source, destination },
    lines,
    start: (env) => deployment.startWith('worker', { args: ARGUMENTS[part ?? 'both'], env, wrap }),
    giveBack: async () => {
      await Promise.all([lines.source?.giveBack(), lines.destination?.giveBack()]);
    },
  });
}

/** Delays a worker's reads of the source by `ms` milliseconds for each MiB. */
function slowDown({ source }: Stage, worker: ChaosWorker, ms: number): void {
  const { reads } = source;
  if (reads.kind === 'http') {
    const rate = (MIB * 1000) / ms;
    worker.source?.add(reads.match, { kind: 'body', of: 'answer', fault: { kind: 'slow', rate } });
  } else {
    const rule = { calls: reads.calls, path: reads.path, least: MIB / 4, act: 'delay', ms } as const;
    slowed.set(worker, worker.control.add(rule));
  }
}

const slowed = new WeakMap<ChaosWorker, { hits(): number }>();

/** Returns about how many MiB of the source a slowed-down worker has read. */
export function mibRead(worker: ChaosWorker): number {
  return slowed.get(worker)?.hits() ?? Math.floor((worker.source?.bytes.answer ?? 0) / MIB);
}
