import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ACCOUNT, type Gateway, startGateway } from '../test/s3/support/gateway.ts';
import { type Deployment, deploy } from '../test/support/deployment.ts';
import { freePort } from '../test/support/free-port.ts';
import { installTemporal } from '../test/support/install-temporal.ts';
import { startTemporalServer } from '../test/support/temporal-server.ts';
import { openLongLink } from './long-link.ts';
import { openRclone, type Rclone } from './rclone.ts';
import type { SharedLine } from './shared-line.ts';

/** The rate of the line; bytes a second. */
export const RATE = 40_000_000;
/** 100 ms from a request to its answer, and 10 MB/s for each connection. */
const LINK = { delay: 50, rate: 10_000_000, takesNoMore: true };
/** Each copy has a region of its own, so that the worker's metrics tell the copies apart. */
export const COPIES = ['copy-1', 'copy-2', 'copy-3', 'copy-4'] as const;
const BUCKET = 'images';

/**
 * The processes that are measured. The S3 server of the region `far` is behind a line that all connections
 * share, and the link before it delays them. The region `near` is the same bucket, behind the line alone.
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
export async function openLineStack(line: SharedLine): Promise<LineStack> {
  process.env.AWS_ACCESS_KEY_ID = ACCOUNT.accessKeyId;
  process.env.AWS_SECRET_ACCESS_KEY = ACCOUNT.secretAccessKey;
  const folder = await mkdtemp(join(tmpdir(), 'image-replicator-bench-'));
  const server = await startTemporalServer(installTemporal().temporal, join(folder, 'temporal.db'));
  const gateway = await startGateway({ inside: line.inside });
  await mkdir(join(gateway.folder, BUCKET));
  const link = await openLongLink(gateway.endpoint, LINK);
  const deployment = await deployAt(server.address, gateway.endpoint, link.endpoint);
  const metrics = await freePort();
  await deployment.startWorker('--metrics-port', String(metrics));
  return {
    ...{ deployment, metrics, far: link.endpoint },
    rclone: await openRclone(link.endpoint, ACCOUNT),
    remote: `from:${BUCKET}`,
    removeCopy: (region, imageId) =>
      rm(folderOf({ deployment, gateway }, region, imageId), { recursive: true }),
    async stop() {
      await deployment.stop();
      await link.stop();
      await gateway.stop();
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function folderOf(
  { deployment, gateway }: { readonly deployment: Deployment; readonly gateway: Gateway },
  region: string,
  imageId: string,
): string {
  return region === 'far'
    ? join(gateway.folder, BUCKET, 'images', imageId)
    : join(deployment.folder, region, imageId);
}

function deployAt(address: string, near: string, far: string): Promise<Deployment> {
  const s3 = (endpoint: string) => ({
    store: { driver: 's3', bucket: BUCKET, prefix: 'images', endpoint, path_style: true },
  });
  const directories = ['disk', ...COPIES];
  const directory = (path: string) => [path, { store: { driver: 'directory', path } }] as const;
  return deploy({
    address,
    regions: directories,
    limits: { heartbeat_timeout: '30s' },
    config: { regions: { ...Object.fromEntries(directories.map(directory)), near: s3(near), far: s3(far) } },
  });
}
