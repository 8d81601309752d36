import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import { expect, test, vi } from 'vitest';
import { CLEAN_UP, COPY_IMAGE, cleanUpIdOf } from '../../src/copy-job/index.ts';
import { deleteJob } from '../../src/job-service/delete.ts';
import { OPERATOR } from '../../src/job-service/service.ts';

/**
 * Returns the client of a Temporal that has a job and its clean-up, and whose lists do not show the clean-up
 * yet. The clean-up is named after `run`.
 */
function temporalWithCleanUp(run: string) {
  const deleteWorkflowExecution = vi.fn(async () => {});
  const job = { type: COPY_IMAGE, closeTime: new Date(), status: { name: 'CANCELLED' } };
  const cleanUp = { type: CLEAN_UP, status: { name: 'RUNNING' } };
  const known = new Map<string, object>([
    ['job', { ...job, workflowId: 'job', runId: 'last', startTime: new Date(), memo: {} }],
    [cleanUpIdOf('job', run), cleanUp],
  ]);
  const describe = async (id: string) => {
    const found = known.get(id);
    if (found === undefined) throw new WorkflowNotFoundError('not found', id, undefined);
    return { raw: { workflowExecutionInfo: { firstRunId: 'first' } }, ...found };
  };
  const client = {
    options: { namespace: 'default' },
    workflowService: { deleteWorkflowExecution },
    workflow: {
      getHandle: (id: string) => ({ describe: () => describe(id) }),
      count: async () => ({ count: 0 }),
    },
  };
  return { client: client as unknown as Client, deleteWorkflowExecution };
}

test.each(['first', 'last'])(
  'a job is not deleted while its clean-up runs, even if no list shows it yet (named after the %s run)',
  async (run) => {
    const { client, deleteWorkflowExecution } = temporalWithCleanUp(run);
    const deletion = deleteJob(client, new Map(), OPERATOR, 'job');
    await expect(deletion).rejects.toMatchObject({ code: 'conflict' });
    expect(deleteWorkflowExecution).not.toHaveBeenCalled();
  },
);
