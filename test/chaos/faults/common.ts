import type { Expected, Phase } from '../trial.ts';

/**
 * How long a worker is made to take for a MiB of the source, so that there is time to act on the copy;
 * milliseconds.
 */
export const SLOW = 400;

/** Returns how a job may end that was brought to a phase, once whatever went wrong has passed. */
export function endOfPhase(phase: Phase): Expected {
  if (phase === 'canceling') return { ends: ['canceled'] };
  return phase === 'discarding' ? { ends: ['error'], sourceSpoilt: true } : { ends: ['replicated'] };
}
