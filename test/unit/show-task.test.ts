import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import { expect, test } from 'vitest';
import { DELETE_TASK, MOVE_OBJECTS, requestedTask, TASK_MEMO } from '../../src/object-task/index.ts';
import { showAnyTask } from '../../src/task-service/index.ts';

const TASK_ID = 'share/tenant/task';
const TASK = requestedTask(
  {
    task_id: 'task',
    tenant_id: 'tenant',
    share_id: 'share',
    type: 'export',
    target: 'work',
    src_prefix: '',
    dest_prefix: '',
    source: { region: 'share', prefix: 'work/' },
    destination: { region: 'bucket', prefix: '' },
  },
  new Date(),
);

/** Returns a client of a server where the deletion of an ended task ends right after the first call. */
function clientDuringDeletion(): Client {
  let calls = 0;
  const describe = async (workflowId: string) => {
    const isOver = ++calls > 1;
    const status = { name: 'COMPLETED' };
    if (workflowId !== TASK_ID)
      return { type: DELETE_TASK, status, closeTime: isOver ? new Date() : undefined };
    if (isOver) throw new WorkflowNotFoundError('deleted', workflowId, undefined);
    return { type: MOVE_OBJECTS, status, closeTime: new Date(), memo: { [TASK_MEMO]: TASK } };
  };
  const getHandle = (workflowId: string) => ({ describe: () => describe(workflowId) });
  return { workflow: { getHandle } } as unknown as Client;
}

test('a task whose deletion ends while it is looked up is not shown to an operator', async () => {
  const shown = showAnyTask(clientDuringDeletion(), TASK_ID);
  await expect(shown).rejects.toMatchObject({ code: 'task_not_found' });
});
