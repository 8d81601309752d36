import { cutOffs } from './faults/cut-off.ts';
import { deaths } from './faults/death.ts';
import { disks } from './faults/disk.ts';
import { facades } from './faults/facade.ts';
import { freezes } from './faults/freeze.ts';
import { lostAnswers, network } from './faults/network.ts';
import { operators } from './faults/operators.ts';
import { processes } from './faults/process.ts';
import { sources } from './faults/source.ts';
import { temporals } from './faults/temporal.ts';
import { seedOf } from './random.ts';
import { type Fault, nameOf, type Trial } from './trial.ts';

const FAULTS: readonly Fault[] = [
  ...freezes,
  ...cutOffs,
  ...deaths,
  ...operators,
  ...network,
  lostAnswers,
  ...sources,
  ...disks,
  ...processes,
  ...temporals,
  ...facades,
];

/** Returns every trial, each with a seed of its own. */
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
