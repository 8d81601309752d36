import { setTimeout as sleep } from 'node:timers/promises';
import { begin } from '../endings.ts';
import { reachWithPart } from '../phases.ts';
import { STORES } from '../store-name.ts';
import type { Expected, Fault, Phase, Stage } from '../trial.ts';
import { endOfPhase, SLOW } from './common.ts';

const ROW = 'cut-off';
const PHASES = ['preparing', 'transferring', 'verifying', 'committing'] as const;

const ENDINGS = ['replicated', 'canceled', 'forced', 'terminated'] as const;

export const cutOffs: readonly Fault[] = ENDINGS.map((ending) => ({
  name: `cut-off-${ending}`,
  row: ROW,
  phases: PHASES,
  stores: STORES,
  run: (stage, phase) => cutOff(stage, phase, ending),
}));

/** Cuts a worker off from Temporal and the stores until its job has ended. */
async function cutOff(stage: Stage, phase: Phase, ending: (typeof ENDINGS)[number]): Promise<Expected> {
  await stage.startWorker({ part: 'jobs' });
  const first = await stage.startWorker({ part: 'copies', slow: SLOW });
  const held = await reachWithPart(stage, first, phase);
  first.temporal.stall();
  first.temporal.forget();
  first.destination?.stall();
  const expected = await begin(stage, ending);
  if (ending !== 'terminated') await stage.startWorker({ part: 'copies' });
  await stage.watch.ended();
  await sleep(stage.random.between(0, 500));
  held.release();
  first.temporal.remember();
  await Promise.all([first.temporal.pass(), first.destination?.accept()]);
  return ending === 'replicated' ? endOfPhase(phase) : expected;
}
