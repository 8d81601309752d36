import { patternOf } from './options.ts';

/** Trials that a gate leaves out, by their names, and why. The whole matrix has them all. */
const UNRELIABLE: Readonly<Record<string, string>> = {
  'temporal-unreachable': 'a minute and more for one trial',
  'freeze-polling': 'a minute and more for one trial',
  'destination-stall': 'up to two minutes for one trial',
};

const patterns = Object.keys(UNRELIABLE).map(patternOf);

/** Whether a trial, once it has failed, is worth to be looked at. */
export const isReliable = (name: string): boolean => !patterns.some((pattern) => pattern.test(name));
