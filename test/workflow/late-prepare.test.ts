/** Tests attempts to reserve the image that come at a bad moment, for example because they were frozen. */
import { Context } from '@temporalio/activity';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { COPY_IMAGE } from '../../src/copy-job/index.ts';
import { StoreError } from '../../src/stores/index.ts';
import { describeIfThere } from '../../src/temporal/index.ts';
import { until } from '../support/until.ts';
import { presentAttempt } from '../support/workflow-attempts.ts';
import { endOf, type Rig, startRig } from '../support/workflow-rig.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({ limits: { heartbeat_timeout: '2s' } });
});
afterAll(() => rig?.stop());

test.each(['cancelled', 'failed'] as const)(
  'a late prepare leaves nothing if its job has removed its copy, but has not closed yet (%s)',
  async (way) => {
    const reached = Promise.withResolvers<void>();
    const thawed = Promise.withResolvers<void>();
    const ended = Promise.withResolvers<void>();
    let frozen: Context | undefined;
    const job = await rig.startJob({
      activities: async (call, name) => {
        const context = Context.current();
        if (name === 'prepareDestination' && frozen === undefined) {
          frozen = context;
          presentAttempt().freeze(thawed.promise);
          return call().finally(ended.resolve);
        }
        const result = await call();
        if (name === 'discardImage') {
          thawed.resolve();
          await ended.promise;
        }
        return result;
      },
      destination: {
        prepare: async (call) => {
          if (Context.current() === frozen) {
            reached.resolve();
            await thawed.promise;
          } else if (way === 'failed') throw new StoreError('forbidden', 'refused on purpose');
          return call();
        },
      },
    });
    await reached.promise;
    if (way === 'cancelled') await job.handle.signal('cancel');
    expect(await endOf(job)).toMatchObject({ status: way === 'failed' ? 'error' : 'canceled' });
    expect(await rig.traces(job)).toEqual([]);
  },
);

test('a late prepare leaves nothing if the records of its job were deleted in the meantime', async () => {
  const reached = Promise.withResolvers<void>();
  const thawed = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<void>();
  const job = await rig.startJob({
    activities: async (call, name) => {
      if (name !== 'prepareDestination') return call();
      presentAttempt().freeze(thawed.promise);
      return call().finally(ended.resolve);
    },
    destination: {
      prepare: async (call) => {
        reached.resolve();
        await thawed.promise;
        return call();
      },
    },
  });
  await reached.promise;
  await job.handle.signal('cancel');
  expect(await endOf(job)).toMatchObject({ status: 'canceled' });
  await forget(job.handle.workflowId);
  thawed.resolve();
  await ended.promise;
  expect(await rig.traces(job)).toEqual([]);
});

test('if an earlier attempt reserves the image at the same moment, the later attempt tries again and succeeds', async () => {
  let calls = 0;
  const job = await rig.startJob({
    destination: {
      prepare: async (call) => {
        calls += 1;
        if (calls === 1) throw new StoreError('conflict', 'another attempt was faster');
        return call();
      },
    },
  });
  expect(await endOf(job)).toMatchObject({ status: 'replicated' });
  expect(calls).toBe(2);
});

/** Deletes Temporal's record of a workflow that has one run, and waits until Temporal does not know it. */
async function forget(workflowId: string): Promise<void> {
  const { namespace } = rig.client.options;
  await rig.client.workflowService.deleteWorkflowExecution({ namespace, workflowExecution: { workflowId } });
  await until(async () => (await describeIfThere(rig.client, COPY_IMAGE, workflowId)) === undefined);
}
