import { cancel, pause, reset, terminate, unpause } from './actions.ts';
import type { Expected, Stage } from './trial.ts';

/** The ways in which a job ends, or goes on, after it has lost its worker. */
export type Ending =
  | 'replicated'
  | 'canceled'
  | 'forced'
  | 'failed'
  | 'terminated'
  | 'reset-last'
  | 'reset-first'
  | 'paused';

/** Begins an ending of the job, and does not wait for it. Returns how the job may end. */
export async function begin(stage: Stage, ending: Ending): Promise<Expected> {
  switch (ending) {
    case 'replicated':
      return { ends: ['replicated'] };
    case 'canceled':
      await cancel(stage);
      return { ends: ['canceled', 'replicated'] };
    case 'forced':
      await cancel(stage, '--force');
      return { ends: ['canceled', 'replicated'] };
    case 'failed':
      await stage.source.spoil(stage.image.id, 'changed');
      return { ends: ['error'], sourceSpoilt: true };
    case 'terminated':
      await terminate(stage);
      return { ends: ['error'], sweep: true };
    case 'reset-last':
      await reset(stage, 'LastWorkflowTask');
      return { ends: ['replicated'], again: true };
    case 'reset-first':
      await reset(stage, 'FirstWorkflowTask');
      return { ends: ['replicated'], again: true };
    case 'paused':
      await pause(stage);
      return { ends: ['replicated'] };
  }
}

/** Does what the ending still needs after the trouble. */
export async function goOn(stage: Stage, ending: Ending): Promise<void> {
  if (ending === 'paused') await unpause(stage);
}
