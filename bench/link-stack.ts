import type { Gateway } from '../test/s3/support/gateway.ts';
import type { Deployment } from '../test/support/deployment.ts';
import type { TestProcess } from '../test/support/process.ts';
import { deployMeasured, inBucket, startBucketServers } from './bucket-stack.ts';
import { copyByJob } from './copy-by-job.ts';
import { type LongLink, openLongLink } from './long-link.ts';
import type { Rclone } from './rclone.ts';
import { type RefusingServer, startRefusingServer } from './refusing-server.ts';

/** 100 ms from a request to its answer, and 10 MB/s for each connection. */
export const LONG = { delay: 50, rate: 10_000_000 };
/** The row of a whole job in the tables. */
export const JOB = 'a whole job';
/** A server that refuses more than 8 requests at a time; each of its connections carries 5 MB/s. */
const REFUSING = { most: 8, delay: 100 };
const SLOWER = { ...LONG, rate: 5_000_000 };

/**
 * The processes that are measured: the product and rclone. The product has these regions:
 * - `disk` is a directory;
 * - `near` is a bucket on this machine;
 * - `far` is the same bucket behind a long link;
 * - `far-too` is the same bucket behind another long link, which the product takes for another service;
 * - `refusing` is the same bucket behind a link and a server that refuses requests.
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

/** Starts everything, with one worker. */
export async function openLinkStack(): Promise<LinkStack> {
  const servers = await startBucketServers(LONG);
  const { gateway, link, rclone } = servers;
  const other = await openLongLink(gateway.endpoint, LONG);
  const behind = await openLongLink(gateway.endpoint, SLOWER);
  const refusing = await startRefusingServer({ upstream: behind.endpoint, ...REFUSING });
  const { deployment, worker, metrics, removeCopy } = await deployMeasured(servers, {
    directories: ['disk', 'share'],
    buckets: {
      near: inBucket(gateway.endpoint),
      far: inBucket(link.endpoint),
      'far-too': inBucket(other.endpoint),
      refusing: inBucket(refusing.endpoint),
      objects: inBucket(gateway.endpoint, 'objects'),
      'far-objects': inBucket(link.endpoint, 'objects'),
    },
    shares: { share: { region: 'share', targets: { target: 'far-objects' }, tenants: ['bench'] } },
  });
  return {
    deployment,
    gateway,
    link,
    refusing,
    rclone,
    worker,
    metrics,
    async job(imageId, from, to) {
      const { id, time } = await copyByJob(deployment, imageId, from, to);
      await removeCopy(to, id);
      return time;
    },
    async stop() {
      await deployment.stop();
      await refusing.stop();
      for (const each of [other, behind]) await each.stop();
      await servers.stop();
    },
  };
}
