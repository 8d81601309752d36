import { randomUUID } from 'node:crypto';
import type { WorkflowHandle, WorkflowHandleWithFirstExecutionRunId } from '@temporalio/client';
import {
  cleanUpIdOf,
  regionTaskQueue,
  SWEEP_REGION,
  type SweepRequest,
  TASK_QUEUE,
} from '../../src/copy-job/index.ts';
import { gate, holdingTransfer } from '../support/workflow-hooks.ts';
import { endOf, type Rig } from '../support/workflow-rig.ts';
import type { Scenarios } from './replay-tasks.ts';

/** Clean-ups and sweeps. */
export const REMOVAL_SCENARIOS: Scenarios = {
  'cleaned-up': {
    closed: 'WORKFLOW_EXECUTION_COMPLETED',
    run: async (rig) => ({ handle: await startCleanUp(rig) }),
  },
  'clean-up-canceled': { closed: 'WORKFLOW_EXECUTION_CANCELED', run: (rig) => cancelCleanUp(rig) },
  'clean-up-not-canceled': { closed: 'WORKFLOW_EXECUTION_COMPLETED', run: (rig) => cancelCleanUp(rig) },
  'swept-beside-transfers': { closed: 'WORKFLOW_EXECUTION_COMPLETED', run: (rig) => startSweep(rig) },
  swept: { closed: 'WORKFLOW_EXECUTION_COMPLETED', run: (rig) => startSweep(rig) },
};

/** Cancels a job by force, and returns its clean-up. */
async function startCleanUp(rig: Rig): Promise<WorkflowHandle> {
  const at = gate();
  const job = await rig.startJob({ source: holdingTransfer(at, 1) });
  await at.reached;
  await job.handle.executeUpdate('requestCancel', { args: [{ force: true }] });
  await endOf(job);
  const { workflowId, firstExecutionRunId } = job.handle as WorkflowHandleWithFirstExecutionRunId;
  return rig.client.workflow.getHandle(cleanUpIdOf(workflowId, firstExecutionRunId));
}

async function cancelCleanUp(rig: Rig): Promise<{ handle: WorkflowHandle }> {
  const handle = await startCleanUp(rig);
  await handle.cancel();
  return { handle };
}

async function startSweep({ client }: Rig): Promise<{ handle: WorkflowHandle }> {
  const request: SweepRequest = {
    region: 'ot2',
    task_queue: regionTaskQueue('ot2'),
    dry_run: false,
    grace: 3_600_000,
  };
  const options = { workflowId: randomUUID(), taskQueue: TASK_QUEUE, args: [request] };
  return { handle: await client.workflow.start(SWEEP_REGION, options) };
}
