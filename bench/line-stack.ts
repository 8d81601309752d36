import type { Deployment } from '../test/support/deployment.ts';
import { BUCKET, deployMeasured, inBucket, startBucketServers } from './bucket-stack.ts';
import type { Rclone } from './rclone.ts';
import type { SharedLine } from './shared-line.ts';

/** The rate of the line; bytes a second. */
export const RATE = 40_000_000;
/** 100 ms from a request to its answer, and 10 MB/s for each connection. */
const LINK = { delay: 50, rate: 10_000_000, takesNoMore: true };
/** Each copy has a region of its own, so that the worker's metrics tell the copies apart. */
export const COPIES = ['copy-1', 'copy-2', 'copy-3', 'copy-4'] as const;

/**
 * The processes that are measured. The region `far` is a bucket behind a link that delays each connection,
 * and then a line that all connections share. The region `near` is the same bucket, behind the line alone.
 */
export interface LineStack {
  readonly deployment: Deployment;
  readonly rclone: Rclone;
  /** The bucket of `far` in the words of rclone. */
  readonly remote: string;
  /** The address of the server of `far`. */
  readonly far: string;
  /** The port of the worker's metrics. */
  readonly metrics: number;
  /** Removes the copy of an image from a region. */
  removeCopy(region: string, imageId: string): Promise<void>;
  stop(): Promise<void>;
}

/** Starts everything, with one worker. */
export async function openLineStack({ inside }: SharedLine): Promise<LineStack> {
  const servers = await startBucketServers(LINK, { inside });
  const { gateway, link, rclone } = servers;
  const { deployment, metrics, removeCopy } = await deployMeasured(servers, {
    directories: ['disk', ...COPIES],
    buckets: { near: inBucket(gateway.endpoint), far: inBucket(link.endpoint) },
  });
  return {
    deployment,
    metrics,
    rclone,
    removeCopy,
    far: link.endpoint,
    remote: `from:${BUCKET}`,
    async stop() {
      await deployment.stop();
      await servers.stop();
    },
  };
}
