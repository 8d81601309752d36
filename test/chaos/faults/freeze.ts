import { setTimeout as sleep } from 'node:timers/promises';
import { begin, type Ending, goOn } from '../endings.ts';
import { reach, reachWithPart } from '../phases.ts';
import { STORES } from '../store-name.ts';
import { type Expected, type Fault, IN_HAND, type Phase, type Stage } from '../trial.ts';
import { endOfPhase, SLOW } from './common.ts';

/**
 * The endings, each with the phases in which a worker is frozen. Such a worker counts as dead, and wakes long
 * after the job has ended.
 */
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

export const freezes: readonly Fault[] = [
  ...AFTER_THE_END.map(([ending, phases]) => ({
    name: `freeze-${ending}`,
    row: 'frozen' as const,
    phases,
    stores: STORES,
    run: (stage: Stage, phase: Phase) => wokenAfterTheEnd(stage, phase, ending),
  })),
  {
    name: 'freeze-polling',
    row: 'frozen-polling' as const,
    phases: ['transferring'],
    stores: STORES,
    seconds: 70,
    run: (stage) => wokenAfterTheEnd(stage, 'transferring', 'replicated', { polling: true }),
  },
  ...(['replicated', 'canceled', 'reset-last', 'reset-first', 'paused'] as const).map((ending) => ({
    name: `wake-early-${ending}`,
    row: 'woken-early' as const,
    phases: ['preparing', 'transferring'] as const,
    stores: STORES,
    run: (stage: Stage, phase: Phase) => wokenBeforeTheEnd(stage, phase, ending),
  })),
  {
    name: 'freeze-alone',
    row: 'frozen-alone' as const,
    phases: IN_HAND,
    stores: STORES,
    run: (stage, phase) => frozenAlone(stage, phase, 3000 + stage.random.between(0, 2000)),
  },
  {
    name: 'freeze-short',
    row: 'frozen-shortly' as const,
    phases: IN_HAND,
    stores: STORES,
    run: (stage, phase) => frozenAlone(stage, phase, stage.random.between(300, 1500)),
  },
];

async function wokenAfterTheEnd(
  stage: Stage,
  phase: Phase,
  ending: Ending,
  freezing: { readonly polling?: boolean } = {},
): Promise<Expected> {
  await stage.startWorker({ part: 'jobs' });
  const first = await stage.startWorker({ part: 'copies', slow: SLOW });
  await reachWithPart(stage, first, phase);
  first.freeze(freezing);
  const isEndDecided = phase === 'discarding' || (phase === 'canceling' && ending === 'canceled');
  const expected = isEndDecided ? endOfPhase(phase) : await begin(stage, ending);
  if (ending !== 'terminated') await stage.startWorker({ part: 'copies' });
  if (!isEndDecided) await goOn(stage, ending);
  await stage.watch.ended(90_000);
  return expected;
}

async function wokenBeforeTheEnd(stage: Stage, phase: Phase, ending: Ending): Promise<Expected> {
  await stage.startWorker({ part: 'jobs' });
  const first = await stage.startWorker({ part: 'copies', slow: SLOW });
  const held = await reachWithPart(stage, first, phase);
  first.freeze();
  const expected = await begin(stage, ending);
  await stage.startWorker({ part: 'copies', slow: SLOW });
  await sleep(stage.random.between(0, 4000));
  held.release();
  first.wake();
  await goOn(stage, ending);
  await stage.watch.ended();
  return expected;
}

async function frozenAlone(stage: Stage, phase: Phase, ms: number): Promise<Expected> {
  await stage.startWorker({ part: 'jobs' });
  const only = await stage.startWorker({ part: 'copies', slow: SLOW });
  const held = await reach(stage, only, phase);
  only.freeze();
  await sleep(ms);
  held.release();
  only.wake();
  await stage.watch.ended();
  return endOfPhase(phase);
}
