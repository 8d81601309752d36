import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Gateway, type GatewayOptions, startGateway } from '../test/s3/support/gateway.ts';
import { ACCOUNT } from '../test/s3/support/s3-server.ts';
import { type Deployment, deploy } from '../test/support/deployment.ts';
import { freePort } from '../test/support/free-port.ts';
import type { TestProcess } from '../test/support/process.ts';
import { type Faults, type LongLink, openLongLink } from './long-link.ts';
import { openRclone, type Rclone } from './rclone.ts';
import { startTemporal } from './temporal.ts';

/** The bucket of the S3 server. */
export const BUCKET = 'images';

/** The servers of a benchmark of a bucket that is far away. */
export interface BucketServers {
  /** The address of the Temporal server. */
  readonly temporal: string;
  readonly gateway: Gateway;
  /** The link to the gateway. */
  readonly link: LongLink;
  /** Reaches the gateway through the link. */
  readonly rclone: Rclone;
  stop(): Promise<void>;
}

/** Starts a Temporal server, an S3 server with an empty bucket, and a link to it. */
export async function startBucketServers(faults: Faults, options?: GatewayOptions): Promise<BucketServers> {
  process.env.AWS_ACCESS_KEY_ID = ACCOUNT.accessKeyId;
  process.env.AWS_SECRET_ACCESS_KEY = ACCOUNT.secretAccessKey;
  const temporal = await startTemporal();
  const gateway = await startGateway(options);
  await mkdir(join(gateway.folder, BUCKET));
  const link = await openLongLink(gateway.endpoint, faults);
  return {
    temporal: temporal.address,
    gateway,
    link,
    rclone: await openRclone(link.endpoint, ACCOUNT),
    async stop() {
      await link.stop();
      await gateway.stop();
      await temporal.stop();
    },
  };
}

/** Returns the configuration of a region in the bucket, at an address of its server. */
export function inBucket(endpoint: string, prefix = 'images'): object {
  return { store: { driver: 's3', bucket: BUCKET, prefix, endpoint, path_style: true } };
}

/** The regions of a deployment. */
export interface Regions {
  readonly directories: readonly string[];
  readonly buckets: Readonly<Record<string, object>>;
  /** The section `shares` of the configuration. */
  readonly shares?: object;
}

/** A deployment with one worker. */
export interface Measured {
  readonly deployment: Deployment;
  readonly worker: TestProcess;
  /** The port of the worker's metrics. */
  readonly metrics: number;
  /** Removes the copy of an image from a region. */
  removeCopy(region: string, imageId: string): Promise<void>;
}

/** Deploys the product, and starts one worker. */
export async function deployMeasured(
  { temporal: address, gateway }: BucketServers,
  { directories, buckets, shares }: Regions,
): Promise<Measured> {
  const directory = (path: string) => [path, { store: { driver: 'directory', path } }] as const;
  const regions = { ...Object.fromEntries(directories.map(directory)), ...buckets };
  const deployment = await deploy({
    address,
    regions: directories,
    limits: { heartbeat_timeout: '30s' },
    config: { regions, ...(shares && { shares }) },
  });
  const metrics = await freePort();
  const worker = await deployment.startWorker('--metrics-port', String(metrics));
  const folderOf = (region: string) =>
    directories.includes(region) ? join(deployment.folder, region) : join(gateway.folder, BUCKET, 'images');
  return {
    deployment,
    worker,
    metrics,
    removeCopy: (region, imageId) => rm(join(folderOf(region), imageId), { recursive: true }),
  };
}
