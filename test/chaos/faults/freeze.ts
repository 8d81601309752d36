import { begin, type Ending, goOn } from '../endings.ts';
import { reach } from '../phases.ts';
import type { Stage } from '../stage.ts';
import { type Expected, type Fault, type Phase, STORES } from '../trial.ts';

/** A MiB of the source takes a worker so long that a copy can be got hold of; milliseconds. */
export const SLOW = 400;

const ROW = 'worker SIGSTOPped for longer than the heartbeat timeout, woken after the end';

/** A worker that was given up for dead, and goes on when its job has long ended. */
const AFTER_THE_END: readonly (readonly [Ending, readonly Phase[]])[] = [
  ['replicated', ['preparing', 'transferring', 'verifying', 'committing']],
  ['canceled', ['preparing', 'transferring', 'verifying', 'committing', 'canceling']],
  ['forced', ['preparing', 'transferring', 'verifying', 'committing', 'canceling']],
  ['failed', ['preparing', 'transferring', 'discarding']],
  ['terminated', ['preparing', 'transferring', 'verifying', 'committing', 'canceling']],
  ['reset-last', ['preparing', 'transferring', 'verifying', 'committing']],
  ['reset-first', ['preparing', 'transferring', 'verifying', 'committing']],
  ['paused', ['transferring', 'committing']],
];

export const freezes: readonly Fault[] = AFTER_THE_END.map(([ending, phases]) => ({
  name: `freeze-${ending}`,
  row: ROW,
  phases,
  stores: STORES,
  run: (stage, phase) => frozenAfterTheEnd(stage, phase, ending),
}));

async function frozenAfterTheEnd(stage: Stage, phase: Phase, ending: Ending): Promise<Expected> {
  if (phase === 'requested') throw new Error('nobody has the job in hand yet');
  await stage.startWorker({ part: 'jobs' });
  const first = await stage.startWorker({ part: 'copies', slow: SLOW });
  await reach(stage, first, phase);
  first.freeze();
  // What was begun before the freeze has its own end.
  const begun = phase === 'discarding' || (phase === 'canceling' && ending === 'canceled');
  const expected: Expected = begun
    ? { ends: ['canceled', 'error'], sourceSpoilt: true }
    : await begin(stage, ending);
  if (ending !== 'terminated') await stage.startWorker({ part: 'copies' });
  if (!begun) await goOn(stage, ending);
  await stage.watch.ended();
  return expected;
}
