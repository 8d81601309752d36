import { afterEach, expect, test } from 'vitest';
import { MIB } from '../support/deployment.ts';
import { endOf, startJob } from '../support/jobs.ts';
import { until } from '../support/until.ts';
import { describeUpgrades } from '../support/upgrade-rig.ts';
import { openBucket, type TestBucket } from './bucket-rig.ts';
import { SERVER } from './s3-under-test.ts';

const SIZE = 128 * MIB;

let bucket: TestBucket;

async function config() {
  bucket = await openBucket();
  return { regions: { ot1: { store: { driver: 'directory', path: 'ot1' } }, ot2: bucket.region() } };
}

afterEach(() => bucket?.close());

describeUpgrades(config, (upgrade) => {
  /** Starts a copy with one release, and stops its worker in the middle. */
  async function begun() {
    const { deployment } = upgrade;
    const image = await deployment.addImage('ot1', SIZE);
    const worker = await upgrade.startFirst(300);
    const jobId = await startJob(deployment, image.id);
    await until(async () => (await bucket.bytesPut()) >= SIZE / 3);
    expect(await worker.stop('SIGTERM')).toBe(0);
    const there = await bucket.bytesPut();
    expect(there).toBeLessThan(SIZE);
    return { image, jobId, there };
  }

  test.runIf(SERVER.listsChecksums)(
    'the other release goes on with the copy, and reads nothing again that S3 has',
    async () => {
      const { image, jobId, there } = await begun();
      const worker = await upgrade.startSecond(0);
      expect(await endOf(upgrade.deployment, jobId)).toMatchObject({
        status: 'replicated',
        sha512: image.os_hash_value,
        bytes_copied: SIZE,
      });
      const reads = worker.logged('attempt ended').reduce((sum, attempt) => sum + Number(attempt.read), 0);
      expect(reads).toBeLessThanOrEqual(SIZE - there);
      expect(await bucket.keys()).toEqual(['data', 'image.json', 'job'].map((name) => `${jobId}/${name}`));
      expect(await bucket.uploads()).toEqual([]);
    },
  );

  test('the other release cancels the copy, and leaves nothing', async () => {
    const { deployment } = upgrade;
    const { jobId } = await begun();
    await upgrade.startSecond(300);
    await deployment.command('cancel', jobId);
    expect(await endOf(deployment, jobId)).toMatchObject({ status: 'canceled' });
    expect(await bucket.keys()).toEqual([]);
    expect(await bucket.uploads()).toEqual([]);
  });
});
