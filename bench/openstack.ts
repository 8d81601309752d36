import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GIB } from '../src/memory/index.ts';
import { deployOnCloud } from '../test/openstack/support/glance-deployment.ts';
import { MIB } from '../test/support/deployment.ts';
import { type BenchCloud, startBenchCloud } from './cloud.ts';
import { copyByJob } from './copy-by-job.ts';
import { machine, table } from './report.ts';
import { alternating, median } from './statistics.ts';
import { startTemporal } from './temporal.ts';
import { countingCpu, peakMemory } from './worker-usage.ts';

const ROUNDS = 5;

/** Starts a deployment with one worker that copies between the two regions of the cloud. */
async function startCopier(cloud: BenchCloud, address: string, spool?: { path: string; size: string }) {
  const limits = { heartbeat_timeout: '30s' };
  const deployment = await deployOnCloud({ cloud, address, limits, ...(spool && { spool }) });
  const { pid } = await deployment.startWorker();
  const cpu: number[] = [];
  return {
    pid,
    cpu,
    stop: () => deployment.stop(),
    /** Returns the milliseconds from the start of a job to its close. Then removes the copy. */
    async copy(imageId: string): Promise<number> {
      const copying = () => copyByJob(deployment, imageId, 'ot1', 'ot2', cloud.project);
      const { id, time } = await countingCpu(pid, cpu, copying);
      await cloud.remove(id);
      return time;
    },
  };
}

const temporal = await startTemporal();
const cloud = await startBenchCloud();
process.env.OS_CLIENT_CONFIG_FILE = join(cloud.folder, 'clouds.yaml');
const inMemory = await startCopier(cloud, temporal.address);
const spooling = await startCopier(cloud, temporal.address, {
  path: join(temporal.folder, 'spool'),
  size: '20GiB',
});
try {
  const small = await cloud.addImage(64 * MIB);
  await inMemory.copy(small);
  const memory = [`| 64 MiB | ${Math.round(await peakMemory(inMemory.pid))} MiB |`];
  const image = await cloud.addImage(2 * GIB);
  const times = await alternating(ROUNDS, {
    curl: () => cloud.curl(image, 2 * GIB),
    job: () => inMemory.copy(image),
    spooled: () => spooling.copy(image),
  });
  memory.push(`| 2 GiB | ${Math.round(await peakMemory(inMemory.pid))} MiB |`);
  const client = [await cloud.client(image)];
  await inMemory.copy(await cloud.addImage(8 * GIB));
  memory.push(`| 8 GiB | ${Math.round(await peakMemory(inMemory.pid))} MiB |`);
  const lines = [
    '# Results on OpenStack',
    '',
    ...(await machine('npm run bench:openstack')),
    'Keystone and two Glances (two uwsgi processes each, file store) run on the same cores, on loopback.',
    '',
    '## 2 GiB, Glance to Glance',
    '',
    `Medians of ${ROUNDS} rounds, in which the programs take turns. The official client was measured once.\nA job is started and awaited by a Temporal client.`,
    '',
    ...table({
      '`curl GET \\| curl PUT`': times.curl,
      'a whole job': times.job,
      'a whole job, with a spool': times.spooled,
      '`openstack image save`, then `image create`': client,
    }),
    '',
    `A worker used ${median(inMemory.cpu).toFixed(1)} CPU seconds a job, and ${median(spooling.cpu).toFixed(1)} with a spool. The memory of the worker with a spool peaked`,
    `at ${Math.round(await peakMemory(spooling.pid))} MiB. Glance sets the limit: it stores with one thread, and hashes twice.`,
    '',
    '## Memory',
    '',
    '| image | peak memory so far of a worker without a spool |',
    '|---|---|',
    ...memory,
    '',
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
  await writeFile(join(import.meta.dirname, 'RESULTS-OPENSTACK.md'), lines.join('\n'));
} finally {
  await inMemory.stop();
  await spooling.stop();
  await cloud.stop();
  await temporal.stop();
}
