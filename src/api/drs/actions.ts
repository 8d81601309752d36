import type { Static } from 'typebox';
import { isCancellable, isFinal } from '../../copy-job/index.ts';
import type { JobView } from '../../job-service/index.ts';
import type { JobActions } from './schemas.ts';

/** DRS's names of two actions. */
const STOP = 'FREE_RESOURCE';
const DELETE = 'DELETE';

/**
 * Returns the actions that a task allows. A task that is being stopped allows one more stop, by force.
 */
export function actionsOf({ status }: JobView): Static<typeof JobActions>['job_action'] {
  if (isFinal(status))
    return { available_actions: [DELETE], unavailable_actions: [STOP], current_action: '' };
  const current_action = isCancellable(status) ? 'START' : STOP;
  return { available_actions: [STOP], unavailable_actions: [DELETE], current_action };
}
