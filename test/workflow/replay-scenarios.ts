import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { StoreError } from '../../src/stores/index.ts';
import { MIB } from '../support/deployment.ts';
import { type ActivityHook, gate, holding, holdingTransfer } from '../support/workflow-hooks.ts';
import { untilReported } from '../support/workflow-progress.ts';
import { resetWorkflow } from '../support/workflow-reset.ts';
import { endOf, type Job, type Rig, untilDetails } from '../support/workflow-rig.ts';
import { REMOVAL_SCENARIOS } from './replay-removals.ts';
import { type Scenarios, TASK_SCENARIOS } from './replay-tasks.ts';

/** Workflows of every kind, with the event that closes them. Each has a history with its name. */
export const SCENARIOS: Scenarios = {
  ...TASK_SCENARIOS,
  ...REMOVAL_SCENARIOS,
  replicated: { closed: 'WORKFLOW_EXECUTION_COMPLETED', run: (rig) => rig.startJob() },
  'sent-again': {
    closed: 'WORKFLOW_EXECUTION_COMPLETED',
    run: (rig) => {
      // This happens only to the first image, because the second one has another id.
      const commit = async () => {
        throw new StoreError('digest_mismatch', 'its digest is another one');
      };
      return rig.startJob({ destination: { commit } });
    },
  },
  'replaced-in-its-transfer': {
    closed: 'WORKFLOW_EXECUTION_COMPLETED',
    run: (rig) => {
      const openSink = async () => {
        throw new StoreError('spoilt', 'it takes no more data');
      };
      return rig.startJob({ destination: { openSink } });
    },
  },
  'canceled-by-signal': {
    closed: 'WORKFLOW_EXECUTION_CANCELED',
    run: async (rig) => {
      const at = gate();
      const job = await rig.startJob({ source: holdingTransfer(at, 1) });
      await at.reached;
      await job.handle.signal('cancel', { reason: 'not needed', requested_by: 'alice' });
      return job;
    },
  },
  'canceled-natively': {
    closed: 'WORKFLOW_EXECUTION_CANCELED',
    run: async (rig) => {
      const at = gate();
      const job = await rig.startJob({ source: holdingTransfer(at, 1) });
      await at.reached;
      await job.handle.cancel();
      return job;
    },
  },
  'canceled-during-commit': {
    closed: 'WORKFLOW_EXECUTION_CANCELED',
    run: async (rig) => {
      const at = gate();
      const job = await rig.startJob({ destination: holding('commit', at, 'after') });
      await at.reached;
      await job.handle.executeUpdate('requestCancel', { args: [{ reason: 'not needed' }] });
      at.open();
      return job;
    },
  },
  'canceled-by-force': {
    closed: 'WORKFLOW_EXECUTION_CANCELED',
    run: async (rig) => {
      const at = gate();
      // The id of the clean-up contains the id of the job, which in a replay is the name of the history.
      const workflowId = 'canceled-by-force';
      const job = await rig.startJob({ workflowId, source: holdingTransfer(at, 1) });
      await at.reached;
      await job.handle.executeUpdate('requestCancel', { args: [{ reason: 'not needed', force: true }] });
      return job;
    },
  },
  'failed-and-undone': {
    closed: 'WORKFLOW_EXECUTION_FAILED',
    run: (rig) => {
      const commit = async () => {
        throw new StoreError('quota_exceeded', 'no room');
      };
      return rig.startJob({ destination: { commit } });
    },
  },
  'canceled-while-it-transfers': {
    closed: 'WORKFLOW_EXECUTION_CANCELED',
    run: async (rig) => {
      const job = await transferring(rig);
      await job.handle.executeUpdate('requestCancel', { args: [{ reason: 'not needed' }] });
      return job;
    },
  },
  'forced-while-it-transfers': {
    closed: 'WORKFLOW_EXECUTION_CANCELED',
    run: async (rig) => {
      const job = await transferring(rig, 'forced-while-it-transfers');
      await job.handle.signal('cancel', { force: true });
      return job;
    },
  },
  'forced-and-heard-out': {
    closed: 'WORKFLOW_EXECUTION_CANCELED',
    run: async (rig) => {
      const job = await transferring(rig, 'forced-and-heard-out');
      await job.handle.signal('cancel', { force: true });
      return job;
    },
  },
  'forced-and-heard-too-late': {
    closed: 'WORKFLOW_EXECUTION_CANCELED',
    run: async (rig) => {
      const job = await transferring(rig, 'forced-and-heard-too-late', (call, name) =>
        name === 'transferImage' ? call().finally(() => sleep(4000)) : call(),
      );
      await job.handle.signal('cancel', { force: true });
      return job;
    },
  },
  'reset-in-its-transfer': {
    closed: 'WORKFLOW_EXECUTION_COMPLETED',
    run: async (rig) => {
      const at = gate();
      const { handle } = await rig.startJob({ source: holdingTransfer(at, 1) });
      await at.reached;
      await resetWorkflow(rig.client, handle.workflowId, 'last');
      at.open();
      return { handle: rig.client.workflow.getHandle(handle.workflowId) };
    },
  },
  'reset-when-replicated': {
    closed: 'WORKFLOW_EXECUTION_COMPLETED',
    run: async (rig) => {
      const job = await rig.startJob();
      await endOf(job);
      await resetWorkflow(rig.client, job.handle.workflowId, 'first');
      return { handle: rig.client.workflow.getHandle(job.handle.workflowId) };
    },
  },
  'reset-and-forced': {
    closed: 'WORKFLOW_EXECUTION_CANCELED',
    run: async (rig) => {
      const job = await transferring(rig, 'reset-and-forced');
      await resetWorkflow(rig.client, job.handle.workflowId, 'first');
      const handle = rig.client.workflow.getHandle(job.handle.workflowId);
      // A query that comes with the first Workflow Task splits this task in two. The second task begins after
      // the local activity.
      await untilDetails({ handle }, ({ phase }) => phase === 'transfer');
      await handle.signal('cancel', { force: true });
      return { handle };
    },
  },
  'invalid-input': {
    closed: 'WORKFLOW_EXECUTION_FAILED',
    run: async (rig) => ({ handle: await rig.startWith({ source: { region: 'ot1' } }) }),
  },
};

/** Starts a job. Waits until the job has reported that it is in the middle of its transfer. */
async function transferring(
  rig: Rig,
  workflowId: string = randomUUID(),
  activities: ActivityHook = (call) => call(),
): Promise<Job> {
  const at = gate();
  const source = holdingTransfer(at, 1);
  const job = await rig.startJob({ workflowId, size: 3 * MIB, source, activities });
  await at.reached;
  await untilReported(job, MIB);
  return job;
}
