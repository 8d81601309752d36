import { setTimeout as sleep } from 'node:timers/promises';
import { reach } from '../phases.ts';
import { STORES } from '../store-name.ts';
import { type Expected, type Fault, IN_HAND, type Phase, type Stage } from '../trial.ts';
import { endOfPhase, SLOW } from './common.ts';

const A_MINUTE = 60_000;

export const temporals: readonly Fault[] = [
  {
    name: 'temporal-killed',
    row: 'temporal-killed',
    phases: ['requested', ...IN_HAND],
    stores: STORES,
    ownTemporal: true,
    seconds: 25,
    run: killed,
  },
  {
    name: 'temporal-unreachable',
    row: 'temporal-unreachable',
    phases: ['transferring', 'committing', 'canceling'],
    stores: STORES,
    seconds: 85,
    run: unreachable,
  },
];

async function killed(stage: Stage, phase: Phase): Promise<Expected> {
  const downtime = stage.random.between(0, 5000);
  if (phase === 'requested') {
    await stage.startJob();
    await stage.temporal.restart(() => sleep(downtime), 'SIGKILL');
    await stage.startWorker();
  } else {
    const worker = await stage.startWorker({ slow: SLOW });
    const held = await reach(stage, worker, phase);
    await stage.temporal.restart(async () => {
      await sleep(downtime / 2);
      held.release();
      await sleep(downtime / 2);
    }, 'SIGKILL');
  }
  await stage.watch.ended(90_000);
  return endOfPhase(phase);
}

/** Makes Temporal unreachable for the worker. Everybody else can still reach it. */
async function unreachable(stage: Stage, phase: Phase): Promise<Expected> {
  const worker = await stage.startWorker({ slow: SLOW });
  const held = await reach(stage, worker, phase);
  const how = stage.random.pick(['refuse', 'stall'] as const);
  await worker.temporal[how]();
  await sleep(stage.random.between(0, 2000));
  held.release();
  await sleep(A_MINUTE);
  await worker.temporal.pass();
  await stage.watch.ended(60_000);
  return endOfPhase(phase);
}
