import { freezes } from './faults/freeze.ts';
import { seedOf } from './random.ts';
import { type Fault, nameOf, type Trial } from './trial.ts';

export const FAULTS: readonly Fault[] = [...freezes];

/** Every trial, each with a seed of its own. */
export function allTrials(seed: number): Trial[] {
  return FAULTS.flatMap((fault) =>
    fault.stores.flatMap((store) =>
      fault.phases.map((phase) => {
        const trial = { fault, phase, store };
        return { ...trial, seed: seedOf(seed, nameOf(trial)) };
      }),
    ),
  );
}
