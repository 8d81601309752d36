import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import pMap from 'p-map';
import { taskWorkflowId } from '../src/object-task/index.ts';
import { createTaskService } from '../src/task-service/index.ts';
import { section } from './link-page.ts';
import { BUCKET, type LinkStack } from './link-stack.ts';
import type { Image } from './link-whole.ts';
import { alternating, timed } from './statistics.ts';
import { peakMemory } from './worker-usage.ts';

const OBJECTS = 1000;
const COPIES = 16;

/** Copies small objects from a bucket far away to a share. Returns a section of the results. */
export async function smallObjects({ deployment, rclone }: LinkStack, rounds: number): Promise<string> {
  const { client, regions } = deployment;
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
  const times = await alternating(rounds, {
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
    'Both end with a sync of the disk.',
    times,
  );
}

/**
 * Runs sixteen copies at a time, which share the worker's lanes and memory. Returns a section of the results.
 */
export async function manyCopies({ job, worker: { pid } }: LinkStack, { id }: Image): Promise<string> {
  const before = Math.round(await peakMemory(pid));
  const times = await Promise.all(Array.from({ length: COPIES }, () => job(id, 'far', 'disk')));
  const after = Math.round(await peakMemory(pid));
  return section(
    `${COPIES} copies of 128 MiB at once, from a bucket far away to a directory`,
    `Up to here the worker's memory had peaked at ${before} MiB; with these copies it peaked at ${after} MiB.`,
    { 'each of the jobs': times },
  );
}
