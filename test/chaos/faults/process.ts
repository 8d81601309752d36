import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { reach } from '../phases.ts';
import { STORES } from '../store-name.ts';
import type { Stage } from '../trial.ts';
import { type Expected, type Fault, IN_HAND, type Phase } from '../trial.ts';
import { endOfPhase, SLOW } from './common.ts';

const AN_HOUR = 3_600_000;

/** What a worker has to do without. */
export const processes: readonly Fault[] = [
  {
    name: 'clock-jumps',
    row: 'clock',
    phases: IN_HAND,
    stores: STORES,
    run: clockJumps,
  },
  {
    name: 'few-descriptors',
    row: 'descriptors',
    phases: ['preparing', 'transferring', 'committing', 'canceling'],
    stores: STORES,
    run: noDescriptors,
  },
];

async function clockJumps(stage: Stage, phase: Phase): Promise<Expected> {
  const worker = await stage.startWorker({ slow: SLOW });
  const held = await reach(stage, worker, phase);
  worker.control.setClock(stage.random.pick([AN_HOUR, -AN_HOUR]));
  held.release();
  await sleep(stage.random.between(500, 3000));
  if (stage.random.between(0, 2) === 0) worker.control.setClock(0);
  await stage.watch.ended();
  return endOfPhase(phase);
}

async function noDescriptors(stage: Stage, phase: Phase): Promise<Expected> {
  const worker = await stage.startWorker({ slow: SLOW });
  const held = await reach(stage, worker, phase);
  const { pid } = worker.process;
  const limit = (files: number | string) =>
    execFileSync('prlimit', ['--pid', String(pid), `--nofile=${files}:`]);
  const open = readdirSync(`/proc/${pid}/fd`).length;
  limit(open + stage.random.between(-4, 4));
  held.release();
  await sleep(stage.random.between(1500, 4000));
  // One that can do nothing any more may have ended, and is started again by whoever watches over it.
  const isAlive = existsSync(`/proc/${pid}/fd/0`);
  if (isAlive) limit(1024);
  else await stage.startWorker();
  await stage.watch.ended();
  return endOfPhase(phase);
}
