import { randomBytes } from 'node:crypto';
import type { WorkflowHandle } from '@temporalio/client';
import pMap from 'p-map';
import { taskWorkflowId } from '../src/object-task/index.ts';
import { createTaskService } from '../src/task-service/index.ts';
import type { Deployment } from '../test/support/deployment.ts';

const SIZE = 64 * 1024;

/** The regions between which small objects are copied. */
export interface ObjectRegions {
  /** The region into which the objects are written first. */
  readonly written: string;
  /** The region from which tasks read them. */
  readonly source: string;
  /** The region of the share. */
  readonly share: string;
}

/**
 * Writes `count` objects of 64 KiB below `many/`. Returns a function that imports all of them by a task into
 * a folder of the share, and waits for the end of the task.
 */
export async function writeManyObjects(
  { client, regions }: Deployment,
  { written, source, share }: ObjectRegions,
  count: number,
): Promise<(folder: string) => Promise<WorkflowHandle>> {
  const bucket = regions.get(written)?.store.objects;
  if (bucket === undefined) throw new Error(`the region ${written} has no objects`);
  const signal = AbortSignal.timeout(600_000);
  const names = Array.from({ length: count }, (_, index) => `many/${index % 100}/${index}`);
  await pMap(names, (name) => bucket.write(name, randomBytes(SIZE), signal), { concurrency: 16 });
  const owner = { tenant_id: 'bench', share_id: 'share' };
  const targets = new Map([['target', source]]);
  const shares = new Map([['share', { region: share, targets, tenants: [owner.tenant_id] }]]);
  const tasks = createTaskService({ client, shares });
  return async (folder) => {
    const prefixes = { src_prefix: 'many/', dest_prefix: `${folder}/` };
    const { task_id } = await tasks.start(owner, { type: 'import', target: 'target', ...prefixes });
    const handle = client.workflow.getHandle(taskWorkflowId(owner.share_id, owner.tenant_id, task_id));
    await handle.result();
    return handle;
  };
}
