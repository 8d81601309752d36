import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import pMap from 'p-map';
import { taskWorkflowId } from '../src/object-task/index.ts';
import { createTaskService } from '../src/task-service/index.ts';
import { ACCOUNT, startGateway } from '../test/s3/support/gateway.ts';
import { deploy, MIB } from '../test/support/deployment.ts';
import { startTemporalServer } from '../test/support/temporal-server.ts';
import { copyByJob } from './copy-by-job.ts';
import { openLongLink } from './long-link.ts';
import { openRclone } from './rclone.ts';
import { machine, table } from './report.ts';
import { alternating, timed } from './statistics.ts';
import { peakMemory } from './worker-usage.ts';

const isQuick = process.argv.includes('--quick');
const SIZE = 512 * MIB;
const ROUNDS = isQuick ? 1 : 3;
const OBJECTS = 1000;
const COPIES = 16;
const BUCKET = 'images';
/** 100 ms from a request to its answer, and 10 MB/s for each connection. */
const LONG = { delay: 50, rate: 10_000_000 };

process.env.AWS_ACCESS_KEY_ID = ACCOUNT.accessKeyId;
process.env.AWS_SECRET_ACCESS_KEY = ACCOUNT.secretAccessKey;
const folder = await mkdtemp(join(tmpdir(), 'image-replicator-bench-'));
const [program = ''] = execFileSync(join(import.meta.dirname, '../temporal-dev.sh'), ['install'], {
  encoding: 'utf8',
}).split('\n');
const server = await startTemporalServer(program, join(folder, 'temporal.db'));
const gateway = await startGateway();
const link = await openLongLink(gateway.endpoint, LONG);
const rclone = await openRclone(link.endpoint, ACCOUNT);
const s3 = (prefix: string, endpoint: string) => ({
  store: { driver: 's3', bucket: BUCKET, prefix, endpoint, path_style: true },
});
const deployment = await deploy({
  address: server.address,
  regions: ['disk', 'share'],
  limits: { heartbeat_timeout: '30s' },
  config: {
    regions: {
      near: s3('images', gateway.endpoint),
      far: s3('images', link.endpoint),
      objects: s3('objects', gateway.endpoint),
      'far-objects': s3('objects', link.endpoint),
      disk: { store: { driver: 'directory', path: 'disk' } },
      share: { store: { driver: 'directory', path: 'share' } },
    },
    shares: { share: { region: 'share', targets: { target: 'far-objects' }, tenants: ['bench'] } },
  },
});
const { client, regions } = deployment;

async function job(imageId: string, from: string, to: string): Promise<number> {
  const { id, time } = await copyByJob(deployment, imageId, from, to);
  await removeCopy(to, id);
  return time;
}

async function removeCopy(region: string, imageId: string): Promise<void> {
  if (region === 'disk') await rm(join(deployment.folder, region, imageId), { recursive: true });
  else await rm(join(gateway.folder, BUCKET, 'images', imageId), { recursive: true });
}

/** Runs a script with rclone from `$1` to `$2`. Returns the milliseconds that it took. */
async function peer(script: string, from: string, to: string, remove: () => Promise<void>): Promise<number> {
  const time = await timed(() => rclone(script, from, to));
  await remove();
  return time;
}

const DEFAULTS = '`rclone copyto`';
const BY_HAND = '`rclone copyto --multi-thread-streams 32`';
const scripts = {
  [DEFAULTS]: 'rclone copyto "$1" "$2"; sync "$2" 2>/dev/null || true',
  [BY_HAND]: 'rclone copyto --multi-thread-streams 32 "$1" "$2"; sync "$2" 2>/dev/null || true',
};

function peers(from: string, to: string, remove: () => Promise<void>) {
  return Object.fromEntries(
    Object.entries(scripts).map(([name, script]) => [name, () => peer(script, from, to, remove)]),
  );
}

/** Returns a section of the results. */
function section(title: string, about: string, times: Record<string, number[]>): string[] {
  const lines = [`## ${title}`, '', about, '', ...table(times), ''];
  process.stdout.write(`${lines.join('\n')}\n`);
  return lines;
}

const FULL = `Medians of ${ROUNDS}, in turn. A job also computes the sha512 of what it has written, and syncs it.`;

async function fromFar(imageId: string): Promise<string[]> {
  const local = join(deployment.folder, 'disk', '.peer');
  const data = `from:${BUCKET}/images/${imageId}/data`;
  const times = await alternating(ROUNDS, {
    ...peers(data, local, () => rm(local)),
    'a whole job': () => job(imageId, 'far', 'disk'),
  });
  return section('512 MiB, from a bucket far away to a directory', FULL, times);
}

async function toFar(localId: string): Promise<string[]> {
  const data = join(deployment.folder, 'disk', localId, 'data');
  const remove = () => rm(join(gateway.folder, BUCKET, 'peer'));
  const times = await alternating(ROUNDS, {
    ...peers(data, `to:${BUCKET}/peer`, remove),
    'a whole job': () => job(localId, 'disk', 'far'),
  });
  return section('512 MiB, from a directory to a bucket far away', FULL, times);
}

async function whereConnectionsAreCut(imageId: string): Promise<string[]> {
  const times = { 'a whole job': [] as number[], 'the same, cut every 5 MB': [] as number[] };
  for (let round = 0; round < ROUNDS; round++) {
    await link.become(LONG);
    times['a whole job'].push(await job(imageId, 'far', 'disk'));
    await link.become({ ...LONG, cutAfter: 5_000_000 });
    times['the same, cut every 5 MB'].push(await job(imageId, 'far', 'disk'));
  }
  await link.become(LONG);
  return section(
    '512 MiB, where connections are cut',
    'From a bucket far away to a directory. Each connection is cut after 5 MB of answers.',
    times,
  );
}

async function smallObjects(): Promise<string[]> {
  const bucket = regions.get('objects')?.store.objects;
  if (bucket === undefined) throw new Error('a bucket has objects');
  const signal = AbortSignal.timeout(600_000);
  const names = Array.from({ length: OBJECTS }, (_, index) => `many/${index % 100}/${index}`);
  await pMap(names, (name) => bucket.write(name, randomBytes(64 * 1024), signal), { concurrency: 16 });
  const owner = { tenant_id: 'bench', share_id: 'share' };
  const targets = new Map([['target', 'far-objects']]);
  const shares = new Map([['share', { region: 'share', targets, tenants: ['bench'] }]]);
  const tasks = createTaskService({ client, shares });
  let copies = 0;
  const times = await alternating(ROUNDS, {
    '`rclone copy`': () =>
      timed(() =>
        rclone(
          'rclone copy "$1" "$2"; sync --file-system "$2"',
          `from:${BUCKET}/objects/many`,
          join(deployment.folder, 'share', `peer${copies++}`),
        ),
      ),
    'a whole import task': () =>
      timed(async () => {
        const prefixes = { src_prefix: 'many/', dest_prefix: `many${copies++}/` };
        const { task_id } = await tasks.start(owner, { type: 'import', target: 'target', ...prefixes });
        await client.workflow.getHandle(taskWorkflowId(owner.share_id, owner.tenant_id, task_id)).result();
      }),
  });
  return section(
    `${OBJECTS} objects of 64 KiB, from a bucket far away to a share`,
    `Medians of ${ROUNDS}, in turn; both end with a sync of the disk.`,
    times,
  );
}

/**
 * Runs sixteen copies at a time, which share the worker's lanes and memory. Returns a section of the results.
 */
async function manyCopies(imageId: string, pid: number): Promise<string[]> {
  const before = await peakMemory(pid);
  const times = await Promise.all(Array.from({ length: COPIES }, () => job(imageId, 'far', 'disk')));
  return section(
    `${COPIES} copies of 128 MiB at once, from a bucket far away to a directory`,
    `The worker's memory has peaked at ${Math.round(before)} MiB before, and at ${Math.round(await peakMemory(pid))} MiB with them.`,
    { 'each of the jobs': times },
  );
}

try {
  const admin = new S3Client({ region: 'us-east-1', endpoint: gateway.endpoint, forcePathStyle: true });
  await admin.send(new CreateBucketCommand({ Bucket: BUCKET }));
  const { pid } = await deployment.startWorker();
  const { id: local } = await deployment.addImage('disk', SIZE);
  const { id } = await copyByJob(deployment, local, 'disk', 'near');
  const small = await deployment.addImage('disk', SIZE / 4);
  const { id: smallId } = await copyByJob(deployment, small.id, 'disk', 'near');
  const lines = [
    '# Results on a long link',
    '',
    ...(await machine('npm run bench:link')),
    'Between the worker and the S3 server (versitygw) there are 50 ms each way, and each connection carries',
    '10 MB/s (toxiproxy). All of them run on the same cores. The worker has no configuration of lanes.',
    '',
  ];
  const sections = [
    () => fromFar(id),
    () => toFar(local),
    () => whereConnectionsAreCut(id),
    () => manyCopies(smallId, pid),
    () => smallObjects(),
  ];
  for (const measure of sections) {
    lines.push(...(await measure()));
    if (!isQuick) await writeFile(join(import.meta.dirname, 'RESULTS-LINK.md'), lines.join('\n'));
  }
} finally {
  await deployment.stop();
  await link.stop();
  await gateway.stop();
  await server.stop();
  await rm(folder, { recursive: true, force: true });
}
