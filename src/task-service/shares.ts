import type { Share, Shares } from '../config/index.ts';
import type { TaskRequest } from '../object-task/index.ts';
import { TaskError } from './errors.ts';
import type { NewTask, TaskOwner } from './service.ts';

/**
 * Returns a share that the tenant may use.
 * @throws TaskError `share_not_found`
 */
export function shareOf(shares: Shares, { share_id, tenant_id }: TaskOwner): Share {
  const share = shares.get(share_id);
  if (share?.tenants.includes(tenant_id)) return share;
  throw new TaskError('share_not_found', `there is no share ${share_id}`);
}

/**
 * Returns the request with the regions and prefixes of both sides. A target stands for a bucket, and for the
 * share's folder of the same name.
 */
export function requestOf(share: Share, owner: TaskOwner, taskId: string, task: NewTask): TaskRequest {
  const bucket = share.targets.get(task.target);
  if (bucket === undefined) {
    const known = [...share.targets.keys()].join(', ');
    throw new TaskError(
      'invalid',
      `src_target: the share has no target ${task.target}; use one of: ${known}`,
    );
  }
  const { type, src_prefix, dest_prefix } = task;
  const atShare = (prefix: string) => ({ region: share.region, prefix: `${task.target}/${prefix}` });
  const atBucket = (prefix: string) => ({ region: bucket, prefix });
  return {
    ...task,
    ...owner,
    task_id: taskId,
    source: type === 'import' ? atBucket(src_prefix) : atShare(src_prefix),
    destination: type === 'import' ? atShare(dest_prefix) : atBucket(dest_prefix),
  };
}
