import type { Expected, Phase } from '../trial.ts';

/** A MiB of the source takes a worker so long that a copy can be got hold of; milliseconds. */
export const SLOW = 400;

/** How a job ends that was brought to a phase, when whatever went wrong has passed. */
export function endOfPhase(phase: Phase): Expected {
  if (phase === 'canceling') return { ends: ['canceled'] };
  return phase === 'discarding' ? { ends: ['error'], sourceSpoilt: true } : { ends: ['replicated'] };
}
