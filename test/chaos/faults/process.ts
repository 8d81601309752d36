import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { reach } from '../phases.ts';
import { STORES } from '../store-name.ts';
import { type Expected, type Fault, IN_HAND, type Phase, type Stage } from '../trial.ts';
import { endOfPhase, SLOW } from './common.ts';

const AN_HOUR = 3_600_000;

/** Faults that take away something that the process of a worker needs. */
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
  const open = readdirSync(`/proc/${pid}/fd`).length;
  limitFiles(pid, open + stage.random.between(-4, 4));
  held.release();
  // A worker that can do nothing more may exit. Its supervisor starts it again.
  let isOver = false;
  const again = worker.process.ended().then(async () => {
    if (!isOver) await stage.startWorker();
  });
  await sleep(stage.random.between(1500, 4000));
  if (existsSync(`/proc/${pid}/fd/0`)) limitFiles(pid, 1024);
  const ended = stage.watch.ended().finally(() => {
    isOver = true;
  });
  // If the worker cannot be started again, the trial fails at once.
  await Promise.race([ended, again.then(() => ended)]);
  return endOfPhase(phase);
}

function limitFiles(pid: number, files: number): void {
  try {
    execFileSync('prlimit', ['--pid', String(pid), `--nofile=${files}:`], { stdio: 'pipe' });
  } catch (error) {
    // The process may exit at this very moment.
    if (existsSync(`/proc/${pid}`)) throw error;
  }
}
