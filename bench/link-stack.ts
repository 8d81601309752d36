import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { ACCOUNT, type Gateway, startGateway } from '../test/s3/support/gateway.ts';
import { type Deployment, deploy } from '../test/support/deployment.ts';
import { installTemporal } from '../test/support/install-temporal.ts';
import { startTemporalServer } from '../test/support/temporal-server.ts';
import { copyByJob } from './copy-by-job.ts';
import { type LongLink, openLongLink } from './long-link.ts';
import { openRclone, type Rclone } from './rclone.ts';
import { timed } from './statistics.ts';

/** The bucket of the S3 server. */
export const BUCKET = 'images';
/** 100 ms from a request to its answer, and 10 MB/s for each connection. */
export const LONG = { delay: 50, rate: 10_000_000 };
/** The rows of the tables. */
export const DEFAULTS = '`rclone copyto`';
export const BY_HAND = '`rclone copyto`, 32 streams of 16 MiB';
export const JOB = 'a whole job';

const SCRIPTS = {
  [DEFAULTS]: 'rclone copyto "$1" "$2"; sync "$2" 2>/dev/null || true',
  // Chunks of 64 MiB, its default, would leave most of the streams without work.
  [BY_HAND]:
    'rclone copyto --multi-thread-streams 32 --multi-thread-chunk-size 16M "$1" "$2"; sync "$2" 2>/dev/null || true',
};

/**
 * The processes that are measured: the product, whose region `far` is a bucket behind a long link and whose
 * region `disk` is a directory, and rclone. The region `near` is the same bucket without the link.
 */
export interface LinkStack {
  readonly deployment: Deployment;
  readonly gateway: Gateway;
  readonly link: LongLink;
  readonly rclone: Rclone;
  /** Copies an image by a job, and removes the copy. Returns the milliseconds that the job took. */
  job(imageId: string, from: string, to: string): Promise<number>;
  /** Returns the measurements of rclone from one place to another; `remove` removes the copy. */
  peers(
    from: string,
    to: string,
    remove: () => Promise<void>,
  ): Record<typeof DEFAULTS | typeof BY_HAND, () => Promise<number>>;
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
  const deployment = await deployAt(server.address, gateway.endpoint, link.endpoint);
  const admin = new S3Client({ region: 'us-east-1', endpoint: gateway.endpoint, forcePathStyle: true });
  await admin.send(new CreateBucketCommand({ Bucket: BUCKET }));

  async function removeCopy(region: string, imageId: string): Promise<void> {
    if (region === 'disk') await rm(join(deployment.folder, region, imageId), { recursive: true });
    else await rm(join(gateway.folder, BUCKET, 'images', imageId), { recursive: true });
  }

  return {
    ...{ deployment, gateway, link, rclone },
    async job(imageId, from, to) {
      const { id, time } = await copyByJob(deployment, imageId, from, to);
      await removeCopy(to, id);
      return time;
    },
    peers(from, to, remove) {
      const run = (script: string) => async () => {
        const time = await timed(() => rclone(script, from, to));
        await remove();
        return time;
      };
      return { [DEFAULTS]: run(SCRIPTS[DEFAULTS]), [BY_HAND]: run(SCRIPTS[BY_HAND]) };
    },
    async stop() {
      await deployment.stop();
      await link.stop();
      await gateway.stop();
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Deploys the product with regions in the bucket, and through the link, and on the disk. */
function deployAt(address: string, near: string, far: string): Promise<Deployment> {
  const s3 = (prefix: string, endpoint: string) => ({
    store: { driver: 's3', bucket: BUCKET, prefix, endpoint, path_style: true },
  });
  return deploy({
    address,
    regions: ['disk', 'share'],
    limits: { heartbeat_timeout: '30s' },
    config: {
      regions: {
        near: s3('images', near),
        far: s3('images', far),
        objects: s3('objects', near),
        'far-objects': s3('objects', far),
        disk: { store: { driver: 'directory', path: 'disk' } },
        share: { store: { driver: 'directory', path: 'share' } },
      },
      shares: { share: { region: 'share', targets: { target: 'far-objects' }, tenants: ['bench'] } },
    },
  });
}
