import { execFileSync } from 'node:child_process';
import { appendFile, readdir, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Deployment, deploy, MIB } from '../support/deployment.ts';
import { closedAs, endOf, startJob, untilWritten } from '../support/jobs.ts';

const SIZE = 128 * MIB;

let deployment: Deployment;
beforeEach(async () => {
  deployment = await deploy();
});
afterEach(() => deployment.stop());

test.each<[string, (data: string) => Promise<void>]>([
  ['truncated', (data) => truncate(data, SIZE / 2)],
  ['changed', (data) => appendFile(data, 'x')],
])('a source that is %s during the copy fails the job, and nothing is left', async (_name, spoil) => {
  const image = await deployment.addImage('ot1', SIZE);
  await deployment.startSlowWorker(500);
  const jobId = await startJob(deployment, image.id);
  await untilWritten(deployment, jobId, SIZE / 16);
  await spoil(join(deployment.folder, 'ot1', image.id, 'data'));
  expect(await endOf(deployment, jobId)).toMatchObject({
    status: 'error',
    fault: { code: 'changed', side: 'source' },
  });
  expect(await closedAs(deployment, jobId)).toBe('FAILED');
  expect(await deployment.files('ot2')).toEqual([]);
});

test('an image whose bytes differ from its record is never committed', async () => {
  const image = await deployment.addImage('ot1', SIZE);
  execFileSync('dd', [
    'if=/dev/zero',
    `of=${join(deployment.folder, 'ot1', image.id, 'data')}`,
    'bs=1M',
    'count=1',
    'conv=notrunc',
    'status=none',
  ]);
  await deployment.startWorker();
  const jobId = await startJob(deployment, image.id);
  expect(await endOf(deployment, jobId)).toMatchObject({
    status: 'error',
    fault: { code: 'digest_mismatch', side: 'source' },
  });
  expect(await deployment.files('ot2')).toEqual([]);
});

const namespaces = (() => {
  try {
    execFileSync('unshare', ['-Urm', 'true'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

test.skipIf(!namespaces)('a full disk at the destination fails the job, and its room is freed', async () => {
  const image = await deployment.addImage('ot1', SIZE);
  const worker = await deployment.startWorkerWithDisk('ot2', SIZE / 2);
  const jobId = await startJob(deployment, image.id);
  expect(await endOf(deployment, jobId)).toMatchObject({
    status: 'error',
    fault: { code: 'quota_exceeded', side: 'destination' },
  });
  expect(await readdir(`/proc/${worker.pid}/root/${join(deployment.folder, 'ot2')}`)).toEqual([]);
});

test('two jobs at the same time copy an image to two places', async () => {
  const image = await deployment.addImage('ot1', SIZE);
  await deployment.startWorker();
  const ids = await Promise.all([startJob(deployment, image.id), startJob(deployment, image.id)]);
  for (const id of ids) {
    expect(await endOf(deployment, id)).toMatchObject({ status: 'replicated', sha512: image.os_hash_value });
  }
  expect(await deployment.files('ot2')).toEqual([...ids].sort());
});
