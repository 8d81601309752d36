import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { BUCKET } from './bucket-stack.ts';
import type { Image } from './images.ts';
import { section } from './link-page.ts';
import { JOB, type LinkStack, LONG } from './link-stack.ts';
import { bestOfRclone, byCurl, byRclone, DEFAULTS, type PeerCopy } from './peers.ts';
import { alternating, median } from './statistics.ts';
import { bytesRead } from './worker-metrics.ts';
import { countingCpu } from './worker-usage.ts';

/** Copies from a bucket far away to a directory. Returns a section of the results. */
export async function fromFar(stack: LinkStack, { id, size }: Image, rounds: number): Promise<string> {
  const to = join(stack.deployment.folder, 'disk', '.peer');
  const peer = { from: `from:${BUCKET}/images/${id}/data`, to, size, remove: () => rm(to) };
  const curl = await byCurl(stack.link.endpoint, peer);
  const { about, times } = await withRclone(stack, peer, rounds, () => stack.job(id, 'far', 'disk'));
  return section(`${nameOf(size)}, from a bucket far away to a directory`, about, { ...times, ...curl });
}

/**
 * Copies a large image from a bucket far away to a directory, once by each program. Returns a section of the
 * results.
 */
export async function largeFromFar(stack: LinkStack, { id, size }: Image): Promise<string> {
  const to = join(stack.deployment.folder, 'disk', '.peer');
  const peer = { from: `from:${BUCKET}/images/${id}/data`, to, remove: () => rm(to) };
  const times = await alternating(1, {
    [DEFAULTS]: byRclone(stack.rclone, peer),
    '`rclone copyto`, 64 streams of 16 MiB': byRclone(
      stack.rclone,
      peer,
      '--multi-thread-streams 64 --multi-thread-chunk-size 16M',
    ),
    [JOB]: () => stack.job(id, 'far', 'disk'),
  });
  return section(`${nameOf(size)}, from a bucket far away to a directory`, 'Each was measured once.', times);
}

/** Copies from a directory to a bucket far away. Returns a section of the results. */
export async function toFar(stack: LinkStack, { id, size }: Image, rounds: number): Promise<string> {
  const from = join(stack.deployment.folder, 'disk', id, 'data');
  const peer = { from, to: `to:${BUCKET}/peer`, size, remove: () => removePeer(stack) };
  const curl = await byCurl(stack.link.endpoint, peer);
  const { about, times } = await withRclone(stack, peer, rounds, () => stack.job(id, 'disk', 'far'));
  return section(`${nameOf(size)}, from a directory to a bucket far away`, about, { ...times, ...curl });
}

/** Copies between two buckets, each behind a long link of its own. Returns a section of the results. */
export async function betweenBuckets(stack: LinkStack, { id, size }: Image, rounds: number): Promise<string> {
  const from = `from:${BUCKET}/images/${id}/data`;
  const peer = { from, to: `to:${BUCKET}/peer`, size, remove: () => removePeer(stack) };
  const { about, times } = await withRclone(stack, peer, rounds, () => stack.job(id, 'far', 'far-too'));
  const title = `${nameOf(size)}, from a bucket far away to another one`;
  return section(title, `All bytes come through the worker, as between two services. ${about}`, times);
}

/** Copies over connections that are cut. Returns a section of the results. */
export async function whereConnectionsAreCut(
  { link, job, metrics }: LinkStack,
  { id, size }: Image,
  rounds: number,
): Promise<string> {
  const CUT = 'the same, cut every 5 MB';
  const times = { [JOB]: [] as number[], [CUT]: [] as number[] };
  const twice: number[] = [];
  for (let round = 0; round < rounds; round++) {
    await link.become(LONG);
    times[JOB].push(await job(id, 'far', 'disk'));
    await link.become({ ...LONG, cutAfter: 5_000_000 });
    const before = await bytesRead(metrics, 'far');
    times[CUT].push(await job(id, 'far', 'disk'));
    twice.push((await bytesRead(metrics, 'far')) - before - size);
  }
  await link.become(LONG);
  const share = ((100 * Math.max(...twice)) / size).toFixed(1);
  const about = `From a bucket far away to a directory. Each connection is cut after 5 MB of answers. By the
worker's own count at most ${share} % of the bytes were read twice.`;
  return section(`${nameOf(size)}, where connections are cut`, about, times);
}

/** Measures rclone and the job in turns. Returns the times, and a sentence about the job's CPU time. */
async function withRclone(
  { rclone, worker: { pid } }: LinkStack,
  peer: PeerCopy,
  rounds: number,
  job: () => Promise<number>,
) {
  const best = await bestOfRclone(rclone, peer);
  const cpu: number[] = [];
  const times = await alternating(rounds, {
    [DEFAULTS]: byRclone(rclone, peer),
    ...best,
    [JOB]: () => countingCpu(pid, cpu, job),
  });
  return { about: `The worker used ${median(cpu).toFixed(1)} CPU seconds a job.`, times };
}

function removePeer({ gateway }: LinkStack): Promise<void> {
  return rm(join(gateway.folder, BUCKET, 'peer'));
}

function nameOf(size: number): string {
  const mib = size / 1024 / 1024;
  return mib < 1024 ? `${mib} MiB` : `${mib / 1024} GiB`;
}
