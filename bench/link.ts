import { randomBytes } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pMap from 'p-map';
import { taskWorkflowId } from '../src/object-task/index.ts';
import { createTaskService } from '../src/task-service/index.ts';
import { MIB } from '../test/support/deployment.ts';
import { copyByJob } from './copy-by-job.ts';
import { BUCKET, JOB, LONG, openLinkStack } from './link-stack.ts';
import { machine, table } from './report.ts';
import { alternating, timed } from './statistics.ts';
import { peakMemory } from './worker-usage.ts';

const isQuick = process.argv.includes('--quick');
const SIZE = 512 * MIB;
const ROUNDS = isQuick ? 1 : 3;
const OBJECTS = 1000;
const COPIES = 16;

const stack = await openLinkStack();
const { deployment, gateway, link, rclone, job, peers } = stack;
const { client, regions } = deployment;

/** Returns a section of the results. */
function section(title: string, about: string, times: Record<string, number[]>): string[] {
  const lines = [`## ${title}`, '', about, '', ...table(times), ''];
  process.stdout.write(`${lines.join('\n')}\n`);
  return lines;
}

const FULL = `Medians of ${ROUNDS} rounds, in which the programs take turns.\nA job also computes the sha512 of what it has written, and syncs it.`;

async function fromFar(imageId: string): Promise<string[]> {
  const local = join(deployment.folder, 'disk', '.peer');
  const data = `from:${BUCKET}/images/${imageId}/data`;
  const times = await alternating(ROUNDS, {
    ...peers(data, local, () => rm(local)),
    [JOB]: () => job(imageId, 'far', 'disk'),
  });
  return section('512 MiB, from a bucket far away to a directory', FULL, times);
}

async function toFar(localId: string): Promise<string[]> {
  const data = join(deployment.folder, 'disk', localId, 'data');
  const remove = () => rm(join(gateway.folder, BUCKET, 'peer'));
  const times = await alternating(ROUNDS, {
    ...peers(data, `to:${BUCKET}/peer`, remove),
    [JOB]: () => job(localId, 'disk', 'far'),
  });
  return section('512 MiB, from a directory to a bucket far away', FULL, times);
}

async function whereConnectionsAreCut(imageId: string): Promise<string[]> {
  const times = { [JOB]: [] as number[], 'the same, cut every 5 MB': [] as number[] };
  for (let round = 0; round < ROUNDS; round++) {
    await link.become(LONG);
    times[JOB].push(await job(imageId, 'far', 'disk'));
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
    `Medians of ${ROUNDS} rounds, in which the programs take turns; both end with a sync of the disk.`,
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
    `Up to here the worker's memory had peaked at ${Math.round(before)} MiB; with these copies it peaked at ${Math.round(await peakMemory(pid))} MiB.`,
    { 'each of the jobs': times },
  );
}

try {
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
  await stack.stop();
}
