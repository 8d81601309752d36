import { ApplicationFailure } from '@temporalio/common';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { StoreError, type StoreErrorCode } from '../../src/stores/index.ts';
import { type StoreHooks, watchReader } from '../support/workflow-hooks.ts';
import { endOf, type Rig, startRig } from '../support/workflow-rig.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig();
});
afterAll(() => rig?.stop());

type Call = 'inspect' | 'prepare' | 'openReader' | 'openSink' | 'commit';
const SIDES: [Call, 'source' | 'destination'][] = [
  ['inspect', 'source'],
  ['prepare', 'destination'],
  ['openReader', 'source'],
  ['openSink', 'destination'],
  ['commit', 'destination'],
];
const FATAL: StoreErrorCode[] = ['not_found', 'forbidden', 'conflict', 'quota_exceeded', 'invalid_image'];
const PASSING: StoreErrorCode[] = ['unavailable', 'lost'];

/** Returns hooks with which a call fails `times` times, before it reaches the store. */
function failing(call: Call, error: () => Error, times = Number.POSITIVE_INFINITY): StoreHooks {
  let left = times;
  const hook = async (original: () => Promise<unknown>) => {
    if (left-- > 0) throw error();
    return original();
  };
  return { [call]: hook } as StoreHooks;
}

test.each(SIDES.flatMap(([call, side]) => FATAL.map((code) => ({ call, side, code }))))(
  '$code at $call fails the job, and names the $side',
  async ({ call, side, code }) => {
    const hooks = failing(call, () => new StoreError(code, 'as the store says'));
    const job = await rig.startJob({ size: 1000, [side]: hooks });
    const { closed, status, details, failure } = await endOf(job);
    const fault = { code, side, message: 'as the store says' };
    expect({ closed, status }).toEqual({ closed: 'FAILED', status: 'error' });
    expect(failure).toBeInstanceOf(ApplicationFailure);
    expect(failure).toMatchObject({ type: code, message: 'as the store says', details: [fault] });
    expect(details).toMatchObject({ status: 'error', phase: null, destination_image_id: null, fault });
    expect(details.copy_progress).toBeLessThan(100);
    expect(await rig.traces(job)).toEqual([]);
  },
);

test.each(SIDES.flatMap(([call, side]) => PASSING.map((code) => ({ call, side, code }))))(
  '$code at $call is retried, and the job succeeds',
  async ({ call, side, code }) => {
    const job = await rig.startJob({ [side]: failing(call, () => new StoreError(code, 'for now'), 1) });
    expect((await endOf(job)).details).toMatchObject({
      status: 'replicated',
      fault: null,
      sha512: job.image.os_hash_value,
    });
  },
);

test('an unexpected error of a store is retried, and its message does not appear in the history', async () => {
  const hooks = failing('commit', () => new TypeError('secret'), 1);
  const job = await rig.startJob({ destination: hooks });
  expect((await endOf(job)).status).toBe('replicated');
  expect(JSON.stringify(await job.handle.fetchHistory())).not.toContain('secret');
});

test('if a source breaks off for good during the transfer, the job fails and the partial copy is removed', async () => {
  const job = await rig.startJob({
    source: {
      openReader: async (call) =>
        watchReader(await call(), ([start]) => {
          if (start > 0) throw new StoreError('changed', 'another image now');
        }),
    },
  });
  const { details } = await endOf(job);
  expect(details).toMatchObject({ status: 'error', fault: { code: 'changed', side: 'source' } });
  expect(await rig.traces(job)).toEqual([]);
});

test('bytes that differ from the record fail the job with digest_mismatch', async () => {
  const job = await rig.startJob({
    source: {
      openReader: async (call) => {
        const reader = await call();
        return {
          ...reader,
          async *read(range, signal) {
            for await (const chunk of reader.read(range, signal)) yield chunk.map((byte) => byte ^ 1);
          },
        };
      },
    },
  });
  const { details } = await endOf(job);
  expect(details).toMatchObject({ status: 'error', fault: { code: 'digest_mismatch', side: 'source' } });
  expect(await rig.traces(job)).toEqual([]);
});

test('a missing image and an image of another tenant are both not_found', async () => {
  const image = await rig.deployment.addImage('ot1', 1000, { owner: 'a' });
  const destination = { region: 'ot2' };
  const missing = await rig.startWith({ source: { region: 'ot1', image_id: 'no-such-image' }, destination });
  const foreign = await rig.startWith({
    source: { region: 'ot1', image_id: image.id, tenant_id: 'b' },
    destination,
  });
  for (const handle of [missing, foreign]) {
    const { details } = await endOf({ handle });
    expect(details).toMatchObject({ status: 'error', fault: { code: 'not_found', side: 'source' } });
  }
});

test('an image id that is taken at the destination fails the job, and the image there stays', async () => {
  const taken = await rig.deployment.addImage('ot2', 1000);
  const image = await rig.deployment.addImage('ot1', 1000);
  const handle = await rig.startWith({
    source: { region: 'ot1', image_id: image.id },
    destination: { region: 'ot2', image_id: taken.id },
  });
  const { details } = await endOf({ handle });
  expect(details).toMatchObject({ status: 'error', fault: { code: 'conflict', side: 'destination' } });
  expect(await rig.traces({ handle, image, copyId: taken.id })).toEqual([taken.id]);
  expect(await readRecord(rig, taken.id)).toEqual(taken);
});

async function readRecord({ deployment }: Rig, imageId: string) {
  const store = deployment.regions.get('ot2')?.store;
  return (await store?.inspect({ image_id: imageId, tenant_id: null }))?.record;
}
