import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { startGateway } from '../test/s3/support/gateway.ts';
import { ACCOUNT } from '../test/s3/support/s3-server.ts';
import { deploy, MIB } from '../test/support/deployment.ts';
import { copyByJob } from './copy-by-job.ts';
import { openRclone } from './rclone.ts';
import { machine, table } from './report.ts';
import { alternating, timed } from './statistics.ts';
import { startTemporal } from './temporal.ts';

const SIZE = 2048 * MIB;
const ROUNDS = 5;

process.env.AWS_ACCESS_KEY_ID = ACCOUNT.accessKeyId;
process.env.AWS_SECRET_ACCESS_KEY = ACCOUNT.secretAccessKey;
const temporal = await startTemporal();
const { endpoint, stop: stopGateway } = await startGateway();
const rclone = await openRclone(endpoint, ACCOUNT);
const s3 = (bucket: string) => ({ store: { driver: 's3', bucket, endpoint, path_style: true } });
const deployment = await deploy({
  address: temporal.address,
  regions: ['disk'],
  limits: { heartbeat_timeout: '30s' },
  config: {
    regions: {
      one: s3('one'),
      two: s3('two'),
      three: s3('three'),
      disk: { store: { driver: 'directory', path: 'disk' } },
    },
  },
});

/** Copies an image by a job, and prints how it was done. */
async function copy(imageId: string, from: string, to: string): Promise<{ id: string; time: number }> {
  const { id, time, details } = await copyByJob(deployment, imageId, from, to);
  const { verified_by, copied_by } = details;
  process.stdout.write(
    `${from} to ${to}: ${Math.round(time)} ms, ${copied_by ?? 'worker'}, ${verified_by}\n`,
  );
  return { id, time };
}

async function job(imageId: string, from: string, to: string): Promise<number> {
  const { id, time } = await copy(imageId, from, to);
  await rclone('rclone purge "$1"', `from:${to}/${id}`);
  return time;
}

try {
  const admin = new S3Client({ region: 'us-east-1', endpoint, forcePathStyle: true });
  for (const Bucket of ['one', 'two', 'three']) await admin.send(new CreateBucketCommand({ Bucket }));
  await deployment.startWorker();
  const { id: local } = await deployment.addImage('disk', SIZE);
  const { id: put } = await copy(local, 'disk', 'one');
  await rm(join(deployment.folder, 'disk', local), { recursive: true });
  // The service computes a checksum of an object that it has put together itself.
  const { id: known } = await copy(put, 'one', 'two');
  const peer = (script: string) => async () => {
    const time = await timed(() => rclone(script, `from:two/${known}/data`, 'from:three/peer'));
    await rclone('rclone deletefile "$1"', 'from:three/peer');
    return time;
  };
  const times = await alternating(ROUNDS, {
    "`rclone copyto`, by the server's CopyObject": peer('rclone copyto "$1" "$2"'),
    'the same in parts of 8 MiB (`--s3-copy-cutoff 8M`)': peer('rclone copyto --s3-copy-cutoff 8M "$1" "$2"'),
    'a whole job, compared by checksums of the service': () => job(known, 'two', 'three'),
    'a whole job, which reads the copy back': () => job(put, 'one', 'three'),
  });
  const lines = [
    '# Results of copies that the server makes',
    '',
    ...(await machine('npm run bench:server-copy')),
    '',
    '2 GiB from bucket to bucket of one S3 server (versitygw), which runs on the same cores. Medians of',
    `${ROUNDS} rounds, in which the programs take turns. The job is started and awaited by a Temporal client. It`,
    'copies in parts, so that it can go on after a crash. This server writes the bytes of parts twice: when it',
    'copies them, and when it puts them together. It writes those of CopyObject once.',
    '',
    ...table(times),
    '',
  ];
  process.stdout.write(lines.join('\n'));
  await writeFile(join(import.meta.dirname, 'RESULTS-SERVER-COPY.md'), lines.join('\n'));
} finally {
  await deployment.stop();
  await stopGateway();
  await temporal.stop();
}
