import { ApplicationFailure } from '@temporalio/common';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { TransferProgress } from '../../src/copy-job/index.ts';
import { StoreError } from '../../src/stores/index.ts';
import { gate, holding, type StoreHooks } from '../support/workflow-hooks.ts';
import { endOf, type Rig, startRig } from '../support/workflow-rig.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig();
});
afterAll(() => rig?.stop());

const PROGRESS: TransferProgress = {
  ranges: [],
  high_water: 0,
  moved_at: 0,
  futile: 0,
  futile_since: null,
  last_fault: null,
};
const SPOILT: StoreHooks = {
  openSink: async () => {
    throw new StoreError('spoilt', 'it takes no more data');
  },
};

test('a spoilt image is removed, and made again with another id', async () => {
  const job = await rig.startJob({ destination: SPOILT });
  const { details } = await endOf(job);
  expect(details).toMatchObject({ status: 'replicated', fault: null, sha512: job.image.os_hash_value });
  expect(details.destination_image_id).not.toBe(job.copyId);
  expect(await rig.traces(job)).toEqual([]);
  expect(await rig.deployment.files('ot2')).toContain(details.destination_image_id);
  const { searchAttributes } = await job.handle.describe();
  expect(searchAttributes.CopyDestinationImageId).toEqual([details.destination_image_id]);
});

test('after three spoilt images the job fails, and no image is kept', async () => {
  const before = await rig.deployment.files('ot2');
  const fault = { code: 'spoilt', side: 'destination', message: 'it takes no more data' };
  let transfers = 0;
  const job = await rig.startJob({
    activities: async (call, name) => {
      if (name !== 'transferImage') return call();
      transfers += 1;
      const details = [fault, { ...PROGRESS, high_water: 100 - transfers }];
      throw ApplicationFailure.create({ type: 'spoilt', nonRetryable: true, details });
    },
  });
  const { details } = await endOf(job);
  expect(details).toMatchObject({ status: 'error', fault: { code: 'spoilt' } });
  expect(transfers).toBe(3);
  // The number never falls.
  expect(details.bytes_copied).toBe(99);
  expect(await rig.deployment.files('ot2')).toEqual(before);
});

test('while a spoilt image is being removed, the progress does not go down', async () => {
  const fault = { code: 'spoilt', side: 'destination', message: 'it takes no more data' };
  let transfers = 0;
  const at = gate();
  const job = await rig.startJob({
    size: 1000,
    destination: holding('discard', at),
    activities: async (call, name) => {
      if (name !== 'transferImage' || transfers++ > 0) return call();
      const details = [fault, { ...PROGRESS, high_water: 600 }];
      throw ApplicationFailure.create({ type: 'spoilt', nonRetryable: true, details });
    },
  });
  await at.reached;
  const { stdout } = await rig.deployment.command('--json', 'show', job.handle.workflowId);
  // In the phase `transfer`, the end of the removal would count as the end of the transfer.
  expect(JSON.parse(stdout)).toMatchObject({ copy_progress: 60, bytes_copied: 600, phase: 'prepare' });
  at.open();
  expect((await endOf(job)).details).toMatchObject({ status: 'replicated', copy_progress: 100 });
});

/** Makes the first `times` commits fail because the destination has received other data. */
function receivingChanged(times: number) {
  const fault = { code: 'digest_mismatch', side: 'destination', message: 'its digest is another one' };
  let commits = 0;
  return {
    commits: () => commits,
    activities: async (call: () => Promise<unknown>, name: string) => {
      if (name !== 'commitImage') return call();
      commits += 1;
      if (commits > times) return call();
      throw ApplicationFailure.create({ type: fault.code, nonRetryable: true, details: [fault] });
    },
  };
}

test('an image that arrived with other data is removed and sent once more', async () => {
  const { activities, commits } = receivingChanged(1);
  const job = await rig.startJob({ activities });
  const { details } = await endOf(job);
  expect(details).toMatchObject({ status: 'replicated', fault: null, sha512: job.image.os_hash_value });
  expect(details.destination_image_id).not.toBe(job.copyId);
  expect(commits()).toBe(2);
  expect(await rig.traces(job)).toEqual([]);
});

test('if the image arrives with other data for the second time, the job fails and leaves nothing', async () => {
  const before = await rig.deployment.files('ot2');
  const { activities, commits } = receivingChanged(3);
  const { details } = await endOf(await rig.startJob({ activities }));
  const fault = { code: 'digest_mismatch', side: 'destination' };
  expect(details).toMatchObject({ status: 'error', fault, bytes_copied: details.image_size });
  expect(commits()).toBe(2);
  expect(await rig.deployment.files('ot2')).toEqual(before);
});

test('a cancel while a spoilt image is being removed leaves no image', async () => {
  const before = await rig.deployment.files('ot2');
  const at = gate();
  const job = await rig.startJob({
    destination: {
      ...SPOILT,
      discard: async (call) => {
        await at.pass();
        await call();
      },
    },
  });
  await at.reached;
  await job.handle.signal('cancel');
  at.open();
  expect((await endOf(job)).closed).toBe('CANCELLED');
  expect(await rig.deployment.files('ot2')).toEqual(before);
});
