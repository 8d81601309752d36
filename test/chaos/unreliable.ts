import { patternOf } from './options.ts';

/**
 * The trials that are left out if a run has to be reliable, each with the reason. The whole matrix has them
 * all.
 */
const UNRELIABLE: Readonly<Record<string, string>> = {
  'temporal-unreachable': 'a minute and more for one trial',
  'freeze-polling': 'a minute and more for one trial',
};

const patterns = Object.keys(UNRELIABLE).map(patternOf);

/** Tells whether the trial is reliable, so that a failure of it is worth a look. */
export const isReliable = (name: string): boolean => !patterns.some((pattern) => pattern.test(name));
