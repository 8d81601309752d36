import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { reach } from '../phases.ts';
import type { Expected, Fault, Phase, Stage } from '../trial.ts';
import type { ChaosWorker } from '../worker.ts';
import { endOfPhase, SLOW } from './common.ts';

const FOLDERS = ['directory', 'objects-directory'] as const;
const PHASES = ['preparing', 'transferring', 'committing'] as const;

const SPOOL = { spool: { path: 'spool', size: '200MiB' } };

export const disks: readonly Fault[] = [
  {
    name: 'disk-full',
    row: 'disk-full',
    phases: ['transferring'],
    stores: FOLDERS,
    run: (stage) => refusing(stage, 'transferring', 'ENOSPC'),
  },
  {
    name: 'spool-full',
    row: 'spool-full',
    phases: ['transferring'],
    stores: ['glance'],
    config: SPOOL,
    run: (stage) => spoolRefuses(stage, 'ENOSPC'),
  },
  {
    name: 'spool-read-only',
    row: 'spool-read-only',
    phases: ['transferring'],
    stores: ['glance'],
    config: SPOOL,
    run: (stage) => spoolRefuses(stage, 'EROFS'),
  },
  {
    name: 'spool-removed',
    row: 'spool-removed',
    phases: ['transferring'],
    stores: ['glance'],
    config: SPOOL,
    run: spoolRemoved,
  },
  {
    name: 'disk-full-passing',
    row: 'disk-full-passing',
    phases: PHASES,
    stores: FOLDERS,
    run: (stage, phase) => refusing(stage, phase, 'ENOSPC', stage.random.between(500, 3000)),
  },
  {
    name: 'disk-read-only',
    row: 'read-only',
    phases: PHASES,
    stores: FOLDERS,
    run: (stage, phase) => refusing(stage, phase, 'EROFS', stage.random.between(500, 3000)),
  },
  {
    name: 'disk-errors',
    row: 'disk-errors',
    phases: PHASES,
    stores: FOLDERS,
    run: (stage, phase) => refusing(stage, phase, 'EIO', stage.random.between(500, 3000)),
  },
  {
    name: 'folder-away',
    row: 'folder-away',
    phases: [...PHASES, 'canceling', 'discarding'],
    stores: FOLDERS,
    run: folderAway,
  },
  {
    name: 'folder-removed',
    row: 'folder-removed',
    phases: ['transferring', 'committing'],
    stores: ['directory'],
    run: folderRemoved,
  },
];

const CHANGES = ['write', 'writeFile', 'mkdir', 'link', 'rename', 'datasync', 'sync'];

/**
 * Makes a worker's changes at the destination fail, for `ms` milliseconds or for good. Removals still work.
 * On a full disk, renames work too.
 */
async function refusing(stage: Stage, phase: Phase, code: string, ms?: number): Promise<Expected> {
  const worker = await stage.startWorker({ slow: SLOW });
  const held = await reach(stage, worker, phase);
  const rule = refuseAt(stage, worker, code);
  held.release();
  if (ms !== undefined) {
    await sleep(ms);
    rule.remove();
  }
  await stage.watch.ended();
  if (ms === undefined) return { ends: ['error'] };
  return { ends: ['replicated', 'error'] };
}

function refuseAt(stage: Stage, worker: ChaosWorker, code: string) {
  // A discard renames before it removes, and a rename works on a full disk.
  const calls = code === 'ENOSPC' ? CHANGES.filter((call) => call !== 'rename') : CHANGES;
  return worker.control.add({ calls, path: `^${folderOf(stage)}/`, act: 'fail', code });
}

/** Makes the worker's spool refuse data for some time. The job MUST still come to an end. */
async function spoolRefuses(stage: Stage, code: 'ENOSPC' | 'EROFS'): Promise<Expected> {
  const worker = await stage.startWorker({ slow: SLOW / 4 });
  const after = stage.random.between(1, 10);
  const path = `^${join(stage.deployment.folder, 'spool')}/`;
  const rule = worker.control.add({ calls: ['write'], path, after, act: 'fail', code });
  await stage.startJob();
  await rule.reached();
  await sleep(stage.random.between(500, 3000));
  rule.remove();
  await stage.watch.ended();
  return { ends: ['replicated', 'error'] };
}

async function spoolRemoved(stage: Stage): Promise<Expected> {
  const worker = await stage.startWorker({ slow: SLOW });
  await reach(stage, worker, 'transferring');
  await rm(join(stage.deployment.folder, 'spool'), { recursive: true });
  await stage.watch.ended();
  return { ends: ['replicated', 'error'] };
}

function folderOf({ destination }: Stage): string {
  return String(destination.store(null).path);
}

async function folderAway(stage: Stage, phase: Phase): Promise<Expected> {
  const worker = await stage.startWorker({ slow: SLOW });
  const held = await reach(stage, worker, phase);
  const folder = folderOf(stage);
  await rename(folder, `${folder}.away`);
  held.release();
  await sleep(stage.random.between(500, 4000));
  await rename(`${folder}.away`, folder);
  await stage.watch.ended();
  const expected = endOfPhase(phase);
  return { ...expected, ends: [...expected.ends, 'error'] };
}

async function folderRemoved(stage: Stage, phase: Phase): Promise<Expected> {
  const worker = await stage.startWorker({ slow: SLOW });
  const held = await reach(stage, worker, phase);
  const folder = folderOf(stage);
  await rename(folder, join(folder, '..', 'removed'));
  await rm(join(folder, '..', 'removed'), { recursive: true });
  held.release();
  await sleep(500);
  await mkdir(folder, { recursive: true });
  await stage.watch.ended();
  return { ends: ['error', 'replicated'] };
}
