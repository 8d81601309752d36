import { setTimeout as sleep } from 'node:timers/promises';
import { reach, reachPart } from '../phases.ts';
import { STORES } from '../store-name.ts';
import { type Expected, type Fault, IN_HAND, type Phase, type Stage } from '../trial.ts';
import { endOfPhase, SLOW } from './common.ts';

export const deaths: readonly Fault[] = [
  {
    name: 'kill',
    row: 'killed',
    phases: IN_HAND,
    stores: STORES,
    run: (stage, phase) => endedBy(stage, phase, 'SIGKILL'),
  },
  {
    name: 'sigterm',
    row: 'sigterm',
    phases: IN_HAND,
    stores: STORES,
    run: (stage, phase) => endedBy(stage, phase, 'SIGTERM'),
  },
  {
    name: 'late-request',
    row: 'late-request',
    phases: ['preparing', 'transferring', 'verifying', 'committing', 'canceling'],
    stores: ['s3', 'objects-s3', 'glance'],
    run: lateRequest,
  },
];

async function endedBy(stage: Stage, phase: Phase, signal: 'SIGKILL' | 'SIGTERM'): Promise<Expected> {
  const first = await stage.startWorker({ slow: SLOW });
  const held = await reach(stage, first, phase);
  const gone = first.kill(signal);
  // A worker that may shut down properly finishes what it has begun.
  await sleep(stage.random.between(0, 800));
  held.release();
  await gone;
  await stage.startWorker();
  await stage.watch.ended();
  // The worker may have died before it could tell anybody about an upload.
  return { ...endOfPhase(phase), ...(phase === 'preparing' && { sweep: true, unheard: true }) };
}

async function lateRequest(stage: Stage, phase: Phase): Promise<Expected> {
  const first = await stage.startWorker({ slow: SLOW });
  if (phase === 'transferring') await reachPart(stage, first);
  else await reach(stage, first, phase);
  await first.kill();
  await stage.startWorker();
  await stage.watch.ended();
  return { ...endOfPhase(phase), sweep: true, ...(phase === 'preparing' && { unheard: true }) };
}
