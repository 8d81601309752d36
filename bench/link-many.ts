import { join } from 'node:path';
import { BUCKET } from './bucket-stack.ts';
import type { Image } from './images.ts';
import { section } from './link-page.ts';
import type { LinkStack } from './link-stack.ts';
import { writeManyObjects } from './many-objects.ts';
import { alternating, timed } from './statistics.ts';
import { peakMemory } from './worker-usage.ts';

const OBJECTS = 1000;
const COPIES = 16;

/** Copies small objects from a bucket far away to a share. Returns a section of the results. */
export async function smallObjects({ deployment, rclone }: LinkStack, rounds: number): Promise<string> {
  const places = { written: 'objects', source: 'far-objects', share: 'share' };
  const importAll = await writeManyObjects(deployment, places, OBJECTS);
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
    'a whole import task': () => timed(() => importAll(`many${copies++}`)),
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
