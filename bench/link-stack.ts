import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { ACCOUNT, type Gateway, startGateway } from '../test/s3/support/gateway.ts';
import { type Deployment, deploy } from '../test/support/deployment.ts';
import { freePort } from '../test/support/free-port.ts';
import { installTemporal } from '../test/support/install-temporal.ts';
import type { TestProcess } from '../test/support/process.ts';
import { startTemporalServer } from '../test/support/temporal-server.ts';
import { copyByJob } from './copy-by-job.ts';
import { type LongLink, openLongLink } from './long-link.ts';
import { openRclone, type Rclone } from './rclone.ts';
import { type RefusingServer, startRefusingServer } from './refusing-server.ts';

/** The bucket of the S3 server. */
export const BUCKET = 'images';
/** 100 ms from a request to its answer, and 10 MB/s for each connection. */
export const LONG = { delay: 50, rate: 10_000_000 };
/** The row of a whole job in the tables. */
export const JOB = 'a whole job';
/** A server that refuses more than 8 requests at a time; each of its connections carries 5 MB/s. */
const REFUSING = { most: 8, delay: 100 };
const SLOWER = { ...LONG, rate: 5_000_000 };

/**
 * The processes that are measured: the product, whose region `far` is a bucket behind a long link and whose
 * region `disk` is a directory, and rclone. The region `near` is the same bucket without the link. `far-too`
 * is the same bucket behind another link, which the product takes for another service. `refusing` is the same
 * bucket behind a server that refuses and a link.
 */
export interface LinkStack {
  readonly deployment: Deployment;
  readonly gateway: Gateway;
  readonly link: LongLink;
  readonly refusing: RefusingServer;
  readonly rclone: Rclone;
  readonly worker: TestProcess;
  /** The port of the worker's metrics. */
  readonly metrics: number;
  /** Copies an image by a job, and removes the copy. Returns the milliseconds that the job took. */
  job(imageId: string, from: string, to: string): Promise<number>;
  stop(): Promise<void>;
}

export async function openLinkStack(): Promise<LinkStack> {
  process.env.AWS_ACCESS_KEY_ID = ACCOUNT.accessKeyId;
  process.env.AWS_SECRET_ACCESS_KEY = ACCOUNT.secretAccessKey;
  const folder = await mkdtemp(join(tmpdir(), 'image-replicator-bench-'));
  const server = await startTemporalServer(installTemporal().temporal, join(folder, 'temporal.db'));
  const gateway = await startGateway();
  const link = await openLongLink(gateway.endpoint, LONG);
  const rclone = await openRclone(link.endpoint, ACCOUNT);
  const other = await openLongLink(gateway.endpoint, LONG);
  const behind = await openLongLink(gateway.endpoint, SLOWER);
  const refusing = await startRefusingServer({ upstream: behind.endpoint, ...REFUSING });
  const deployment = await deployAt(server.address, {
    near: gateway.endpoint,
    far: link.endpoint,
    'far-too': other.endpoint,
    refusing: refusing.endpoint,
  });
  const admin = new S3Client({ region: 'us-east-1', endpoint: gateway.endpoint, forcePathStyle: true });
  await admin.send(new CreateBucketCommand({ Bucket: BUCKET }));
  const metrics = await freePort();
  const worker = await deployment.startWorker('--metrics-port', String(metrics));

  async function removeCopy(region: string, imageId: string): Promise<void> {
    if (region === 'disk') await rm(join(deployment.folder, region, imageId), { recursive: true });
    else await rm(join(gateway.folder, BUCKET, 'images', imageId), { recursive: true });
  }

  return {
    ...{ deployment, gateway, link, refusing, rclone, worker, metrics },
    async job(imageId, from, to) {
      const { id, time } = await copyByJob(deployment, imageId, from, to);
      await removeCopy(to, id);
      return time;
    },
    async stop() {
      await deployment.stop();
      await refusing.stop();
      for (const each of [link, other, behind]) await each.stop();
      await gateway.stop();
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Deploys the product with regions in the bucket, behind the links and on the disk. */
function deployAt(
  address: string,
  endpoints: Readonly<Record<'near' | 'far' | 'far-too' | 'refusing', string>>,
): Promise<Deployment> {
  const s3 = (prefix: string, endpoint: string) => ({
    store: { driver: 's3', bucket: BUCKET, prefix, endpoint, path_style: true },
  });
  return deploy({
    address,
    regions: ['disk', 'share'],
    limits: { heartbeat_timeout: '30s' },
    config: {
      regions: {
        ...Object.fromEntries(Object.entries(endpoints).map(([name, url]) => [name, s3('images', url)])),
        objects: s3('objects', endpoints.near),
        'far-objects': s3('objects', endpoints.far),
        disk: { store: { driver: 'directory', path: 'disk' } },
        share: { store: { driver: 'directory', path: 'share' } },
      },
      shares: { share: { region: 'share', targets: { target: 'far-objects' }, tenants: ['bench'] } },
    },
  });
}
