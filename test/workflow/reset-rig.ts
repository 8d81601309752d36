import type { WorkflowHandle } from '@temporalio/client';
import { afterAll, beforeAll, expect } from 'vitest';
import { cleanUpIdOf } from '../../src/copy-job/index.ts';
import { type ResetPoint, resetWorkflow } from '../support/workflow-reset.ts';
import { type Job, type JobOptions, type Rig, startRig } from '../support/workflow-rig.ts';
import type { Standing } from '../support/workflow-standing.ts';

/** A rig whose jobs follow resets. */
export interface ResetRig {
  readonly rig: Rig;
  /** Starts a job whose handle follows resets. `mark` is the id of its first run. */
  startJob(options?: JobOptions): Promise<{ readonly job: Job; readonly mark: string }>;
  /** Resets a job, by default to its first Workflow Task. Returns the id of the new run. */
  reset(job: Pick<Job, 'handle'>, to?: ResetPoint): Promise<string>;
  /** Returns the clean-up of a run that was cancelled by force. */
  cleanUpOf(job: Pick<Job, 'handle'>, runId: string): WorkflowHandle;
}

/** Starts a rig before the tests of the file that calls this function, and stops it afterwards. */
export function resetRig(): ResetRig {
  let rig: Rig;
  beforeAll(async () => {
    rig = await startRig({ limits: { heartbeat_timeout: '3s' } });
  });
  afterAll(() => rig?.stop());
  return {
    get rig() {
      return rig;
    },
    async startJob(options = {}) {
      const started = await rig.startJob(options);
      const handle = rig.client.workflow.getHandle(started.handle.workflowId);
      return { job: { ...started, handle }, mark: (await handle.describe()).runId };
    },
    reset: ({ handle }, to = 'first') => resetWorkflow(rig.client, handle.workflowId, to),
    cleanUpOf: ({ handle }, runId) => rig.client.workflow.getHandle(cleanUpIdOf(handle.workflowId, runId)),
  };
}

/** Returns the state of a replicated job. */
export const imageOf = ({ image, copyId }: Pick<Job, 'image' | 'copyId'>): Standing => ({
  status: 'replicated',
  folders: [copyId],
  image: { sha512: image.os_hash_value ?? '', inode: expect.any(Number) },
});

/** Returns the state of a job that has left nothing. */
export const nothing = (status: string): Standing => ({ status, folders: [], image: null });
