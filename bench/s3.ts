import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { createDigestPool } from '../src/transfer/index.ts';
import { startGateway } from '../test/s3/support/gateway.ts';
import { ACCOUNT } from '../test/s3/support/s3-server.ts';
import { deploy, MIB } from '../test/support/deployment.ts';
import { copyByJob } from './copy-by-job.ts';
import { noDigests, runEngine } from './engine.ts';
import { writeManyObjects } from './many-objects.ts';
import { openRclone } from './rclone.ts';
import { machine, table } from './report.ts';
import { alternating, median, timed } from './statistics.ts';
import { startTemporal } from './temporal.ts';
import { countingCpu, peakMemory } from './worker-usage.ts';

const SIZE = 2048 * MIB;
const ROUNDS = 5;
const BUCKET = 'images';
const OBJECTS = 10_000;

process.env.AWS_ACCESS_KEY_ID = ACCOUNT.accessKeyId;
process.env.AWS_SECRET_ACCESS_KEY = ACCOUNT.secretAccessKey;
const temporal = await startTemporal();
const { endpoint, stop: stopGateway } = await startGateway();
const rclone = await openRclone(endpoint, ACCOUNT);
const s3 = (prefix: string) => ({
  store: { driver: 's3', bucket: BUCKET, prefix, endpoint, path_style: true },
});
const deployment = await deploy({
  address: temporal.address,
  regions: ['ot1', 'ot2', 'ot3'],
  limits: { heartbeat_timeout: '30s' },
  config: {
    regions: { ot1: s3('ot1'), ot2: s3('ot2'), ot3: { store: { driver: 'directory', path: 'ot3' } } },
  },
});
const { regions } = deployment;

function storeOf(region: string) {
  const store = regions.get(region)?.store;
  if (store === undefined) throw new Error(`there is no region ${region}`);
  return store;
}

/**
 * Runs a script with rclone that copies the image `$1` to `$2`, and removes the copy by the script `remove`.
 * Returns the milliseconds of the first script.
 */
async function peer(script: string, from: string, to: string, remove: string): Promise<number> {
  const time = await timed(() => rclone(script, from, to));
  await rclone(remove, from, to);
  return time;
}

const COPY = 'rclone copyto --multi-thread-streams 4 "$1" "$2"';

async function toS3(imageId: string, pid: number): Promise<string[]> {
  const [from, to] = [`from:${BUCKET}/ot1/${imageId}/data`, `to:${BUCKET}/copy`];
  const rcloned = (script: string) => peer(script, from, to, 'rclone deletefile "$2"');
  return section('S3 to S3', imageId, pid, 'ot2', {
    '`rclone copyto --multi-thread-streams 4`': () => rcloned(COPY),
    'the same, and then `sha512sum` of the copy': () => rcloned(`${COPY}; rclone cat "$2" | sha512sum`),
  });
}

async function toDirectory(imageId: string, pid: number): Promise<string[]> {
  const [from, to] = [`from:${BUCKET}/ot1/${imageId}/data`, join(deployment.folder, 'ot3', '.peer')];
  const rcloned = (script: string) => peer(script, from, to, 'rm "$2"');
  return section('S3 to directory', imageId, pid, 'ot3', {
    '`rclone copyto --multi-thread-streams 4`, into the page cache': () => rcloned(COPY),
    'the same, and then `sync`, as the job does': () => rcloned(`${COPY}; sync "$2"`),
    'the same, and then `sync` and `sha512sum`': () => rcloned(`${COPY}; sync "$2"; sha512sum "$2"`),
  });
}

/** Measures copies from ot1 beside those of peers, and returns a section of the results. */
async function section(
  title: string,
  imageId: string,
  pid: number,
  to: string,
  peers: Record<string, () => Promise<number>>,
): Promise<string[]> {
  const [source, destination] = [storeOf('ot1'), storeOf(to)];
  const { record } = await source.inspect({ image_id: imageId, tenant_id: null });
  const cpu: number[] = [];
  const unhashed = () => runEngine(source, destination, imageId, noDigests(record.os_hash_value));
  const times = await alternating(ROUNDS, {
    ...peers,
    'the engine alone, without Temporal': () => runEngine(source, destination, imageId, createDigestPool(1)),
    'the engine alone, without its sha512': unhashed,
    'a whole job': async () => {
      const { id, time } = await countingCpu(pid, cpu, () => copyByJob(deployment, imageId, 'ot1', to));
      await removeCopy(to, id);
      return time;
    },
  });
  const lines = [
    `## 2 GiB, ${title}`,
    '',
    `Medians of ${ROUNDS} rounds, in which the programs take turns. The job is started and awaited by a Temporal client.`,
    '',
    ...table(times),
    '',
    `The worker used ${median(cpu).toFixed(1)} CPU seconds a job; its memory has peaked at ${Math.round(await peakMemory(pid))} MiB.`,
    '',
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
  return lines;
}

/** Measures an import task of many small objects beside rclone, and returns a section of the results. */
async function smallObjects(pid: number): Promise<string[]> {
  const places = { written: 'ot1', source: 'ot1', share: 'ot3' };
  const importAll = await writeManyObjects(deployment, places, OBJECTS);
  const folder = join(deployment.folder, 'ot3');
  let events = 0;
  // ext4 does not use a freed inode again for minutes, and looks at all freed inodes for each new file. So
  // the copies stay until the end.
  let copies = 0;
  const times = await alternating(ROUNDS, {
    '`rclone copy --transfers 16`': async () => {
      const to = join(folder, `peer${copies++}`);
      const script = 'rclone copy --transfers 16 "$1" "$2"; sync --file-system "$2"';
      return timed(() => rclone(script, `from:${BUCKET}/ot1/many`, to));
    },
    'a whole import task': () =>
      timed(async () => {
        const handle = await importAll(`many${copies++}`);
        events = (await handle.describe()).historyLength;
      }),
  });
  const lines = [
    `## ${OBJECTS} objects of 64 KiB, S3 to a share`,
    '',
    `Medians of ${ROUNDS} rounds, in which the programs take turns.\nThe task is started and awaited by a Temporal client; both end with a sync of the disk.`,
    '',
    ...table(times),
    '',
    `The task's history has ${events} events; the worker's memory has peaked at ${Math.round(await peakMemory(pid))} MiB.`,
    '',
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
  return lines;
}

async function removeCopy(region: string, imageId: string): Promise<void> {
  if (region === 'ot3') await rm(join(deployment.folder, region, imageId), { recursive: true });
  else await rclone('rclone purge "$1"', `to:${BUCKET}/${region}/${imageId}`);
}

try {
  const admin = new S3Client({ region: 'us-east-1', endpoint, forcePathStyle: true });
  await admin.send(new CreateBucketCommand({ Bucket: BUCKET }));
  const { pid } = await deployment.startWorker();
  const { id: local } = await deployment.addImage('ot3', SIZE);
  const { id } = await copyByJob(deployment, local, 'ot3', 'ot1');
  await removeCopy('ot3', local);
  const lines = [
    '# Results on S3',
    '',
    ...(await machine('npm run bench:s3')),
    `The S3 server (versitygw) runs on the same cores, on loopback; all data is in ${tmpdir()}. Each measurement begins`,
    'with a `sync` of the disks.',
    '',
    ...(await toS3(id, pid)),
    ...(await toDirectory(id, pid)),
    ...(await smallObjects(pid)),
  ];
  await writeFile(join(import.meta.dirname, 'RESULTS-S3.md'), lines.join('\n'));
} finally {
  await deployment.stop();
  await stopGateway();
  await temporal.stop();
}
