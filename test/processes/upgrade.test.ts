import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { MIB } from '../support/deployment.ts';
import { endOf, startJob, untilWritten } from '../support/jobs.ts';
import { describeUpgrades } from '../support/upgrade-rig.ts';

const SIZE = 128 * MIB;
/** The bytes of the parts that were being read when the worker stopped. */
const IN_FLIGHT = 4 * 8 * MIB;

describeUpgrades(
  async () => ({}),
  (upgrade) => {
    /** Starts a copy with one release, and stops its worker in the middle. */
    async function begun() {
      const { deployment } = upgrade;
      const image = await deployment.addImage('ot1', SIZE);
      const worker = await upgrade.startFirst(500);
      const jobId = await startJob(deployment, image.id);
      await untilWritten(deployment, jobId, SIZE / 3);
      expect(await worker.stop('SIGTERM')).toBe(0);
      const [attempt] = worker.logged('attempt ended');
      return { image, jobId, read: Number(attempt?.read) };
    }

    test('the other release goes on with the copy, and reads again only what was in flight', async () => {
      const { deployment } = upgrade;
      const { image, jobId, read } = await begun();
      const worker = await upgrade.startSecond(0);
      expect(await endOf(deployment, jobId)).toMatchObject({
        status: 'replicated',
        sha512: image.os_hash_value,
        bytes_copied: SIZE,
      });
      expect(read).toBeGreaterThan(0);
      const reads = worker.logged('attempt ended').reduce((sum, attempt) => sum + Number(attempt.read), 0);
      expect(read + reads).toBeLessThanOrEqual(SIZE + IN_FLIGHT);
      expect(reads).toBeLessThan(SIZE);
      expect(await deployment.files('ot2')).toEqual([jobId]);
      // The previous release keeps no fence beside an image.
      const files = await readdir(join(deployment.folder, 'ot2', jobId));
      expect(files.filter((name) => !name.startsWith('fence-')).toSorted()).toEqual([
        'data',
        'image.json',
        expect.stringMatching(/^job-/),
      ]);
    });

    test('the other release cancels the copy, and leaves nothing', async () => {
      const { deployment } = upgrade;
      const { jobId } = await begun();
      const worker = await upgrade.startSecond(500);
      await deployment.command('cancel', jobId);
      expect(await endOf(deployment, jobId)).toMatchObject({ status: 'canceled' });
      expect(await deployment.files('ot2')).toEqual([]);
      expect(worker.exitCode).toBeNull();
    });
  },
);
