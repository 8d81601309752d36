import type { Expected, Phase } from '../trial.ts';

/**
 * The time that a slowed-down worker takes for each MiB of the source, which leaves time to act;
 * milliseconds.
 */
export const SLOW = 400;

/** Returns how a job may end that was brought to a phase and then lives through a passing fault. */
export function endOfPhase(phase: Phase): Expected {
  if (phase === 'canceling') return { ends: ['canceled'] };
  return phase === 'discarding' ? { ends: ['error'], sourceSpoilt: true } : { ends: ['replicated'] };
}
