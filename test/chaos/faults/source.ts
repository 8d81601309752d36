import { MIB } from '../../support/deployment.ts';
import { reach } from '../phases.ts';
import { STORES } from '../store-name.ts';
import type { Expected, Fault, Phase, Stage } from '../trial.ts';
import { SLOW } from './common.ts';

export const sources: readonly Fault[] = [
  {
    name: 'source-changed',
    row: 'changed',
    phases: ['preparing', 'transferring'],
    stores: ['directory', 'objects-directory', 's3', 'objects-s3'],
    side: 'source',
    run: (stage, phase) => spoilt(stage, phase, 'changed'),
  },
  {
    name: 'source-deleted',
    row: 'deleted',
    phases: ['preparing', 'transferring'],
    stores: STORES,
    side: 'source',
    run: (stage, phase) => spoilt(stage, phase, 'deleted'),
  },
  {
    name: 'source-flip',
    row: 'source-flip',
    phases: ['transferring'],
    stores: ['directory'],
    side: 'source',
    run: flippedOnDisk,
  },
];

async function spoilt(stage: Stage, phase: Phase, how: 'changed' | 'deleted'): Promise<Expected> {
  const worker = await stage.startWorker({ slow: SLOW });
  const held = await reach(stage, worker, phase);
  await stage.source.spoil(stage.image.id, how);
  held.release();
  // The slow worker reads the image once more to find out whether the bytes have changed, so this takes long.
  await stage.watch.ended(120_000);
  // An open file that was only unlinked may still be read to its end. A bucket goes on to send a version that
  // it has begun to send.
  const isSentOn = phase === 'transferring' && stage.source.reads.kind === 'http';
  const mayBeWhole = how === 'deleted' || isSentOn;
  return { ends: mayBeWhole ? ['error', 'replicated'] : ['error'], sourceSpoilt: true };
}

/** Flips a bit in one read. The file on the disk stays as it was. */
async function flippedOnDisk(stage: Stage): Promise<Expected> {
  const worker = await stage.startWorker();
  const { reads } = stage.source;
  if (reads.kind !== 'file') throw new Error('the source is no folder');
  const after = stage.random.between(0, 10);
  const rule = {
    calls: reads.calls,
    path: reads.path,
    least: MIB / 4,
    after,
    until: after + 1,
    act: 'flip',
  } as const;
  worker.control.add(rule);
  await stage.startJob();
  await stage.watch.ended();
  return { ends: ['replicated'] };
}
