import type { Expected, Phase } from '../trial.ts';

/**
 * The time that a slowed-down worker takes to read a MiB of the source; milliseconds. A trial acts meanwhile.
 */
export const SLOW = 400;

/** Returns how a job may end if a fault happens in this phase, and passes. */
export function endOfPhase(phase: Phase): Expected {
  if (phase === 'canceling') return { ends: ['canceled'] };
  return phase === 'discarding' ? { ends: ['error'], sourceSpoilt: true } : { ends: ['replicated'] };
}
