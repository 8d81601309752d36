import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Deployment, deploy, MIB } from '../support/deployment.ts';

let deployment: Deployment;
beforeAll(async () => {
  deployment = await deploy();
  await deployment.startWorker();
});
afterAll(() => deployment.stop());

test('the command copies an image, and prints the job as JSON in its last line', async () => {
  const image = await deployment.addImage('ot1', 20 * MIB + 17);
  const { code, stdout, stderr } = await deployment.command('copy', image.id, '--from', 'ot1', '--to', 'ot2');
  expect(stderr).toBe('');
  const job = JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
  expect(code).toBe(0);
  expect(job).toMatchObject({ status: 'replicated', copy_progress: 100, sha512: image.os_hash_value });
  const copy = await deployment.regions.get('ot2')?.store.inspect({ image_id: job.job_id, tenant_id: null });
  expect(copy?.record).toMatchObject({ name: 'test', size: image.size, os_hash_value: image.os_hash_value });
  expect(await deployment.files('ot2')).toEqual([job.job_id]);
});
