import { MIB } from '../support/deployment.ts';
import { until } from '../support/until.ts';
import { cancel } from './actions.ts';
import type { Caught } from './caught.ts';
import type { Step } from './end.ts';
import { mibRead } from './stage.ts';
import type { Phase, Stage } from './trial.ts';
import type { ChaosWorker } from './worker.ts';

/**
 * Starts the job, and brings it to a phase with this slowed-down worker. Returns the rule that holds the
 * worker there.
 */
export async function reach(stage: Stage, worker: ChaosWorker, phase: Phase): Promise<Caught> {
  const size = stage.image.data.length / MIB;
  switch (phase) {
    case 'requested':
      throw new Error('nobody has the job in hand yet');
    case 'preparing':
      return reachStep(stage, worker, 'prepare');
    case 'transferring':
      await stage.startJob();
      await untilMoving(stage, worker);
      return nothingHeld;
    case 'verifying': {
      const held = await reachStep(stage, worker, 'verify');
      await untilRead(stage, worker, Math.floor(size));
      return held;
    }
    case 'committing':
      return reachStep(stage, worker, 'commit');
    case 'canceling': {
      await reach(stage, worker, 'transferring');
      const held = holdAt(stage, worker, 'discard');
      await cancel(stage);
      await held.reached();
      return held;
    }
    case 'discarding': {
      await reach(stage, worker, 'transferring');
      const held = holdAt(stage, worker, 'discard');
      await stage.source.spoil(stage.image.id, 'changed');
      await held.reached();
      return held;
    }
  }
}

/** Returns a rule that holds a worker at a step of its copy. */
function holdAt({ destination, random }: Stage, worker: ChaosWorker, step: Step): Caught {
  return worker.hold('destination', random.pick(destination.steps[step]));
}

/**
 * Brings the job to a phase as `reach` does. If the phase is the transfer, and the destination is a server,
 * one trial in two holds a part on its way instead. The part arrives when the rule is released.
 */
export async function reachWithPart(stage: Stage, worker: ChaosWorker, phase: Phase): Promise<Caught> {
  const { writes } = stage.destination;
  const isOnItsWay = phase === 'transferring' && writes.kind === 'http' && stage.random.between(0, 2) === 0;
  return isOnItsWay ? reachPart(stage, worker) : reach(stage, worker, phase);
}

/** Starts the job, and holds the first part that this worker sends. */
export async function reachPart(stage: Stage, worker: ChaosWorker): Promise<Caught> {
  const held = worker.hold('destination', stage.destination.writes);
  await stage.startJob();
  await held.reached();
  return held;
}

/**
 * Waits until a worker has read a random number of MiB: at least 4, and less than half of the image. The job
 * MUST have been started.
 */
export async function untilMoving(stage: Stage, worker: ChaosWorker): Promise<void> {
  await untilRead(stage, worker, stage.random.between(4, Math.floor(stage.image.data.length / MIB / 2)));
}

async function reachStep(stage: Stage, worker: ChaosWorker, step: Step): Promise<Caught> {
  const held = holdAt(stage, worker, step);
  await stage.startJob();
  await held.reached();
  return held;
}

async function untilRead({ watch }: Stage, worker: ChaosWorker, mib: number): Promise<void> {
  await until(() => {
    const { status, fault } = watch.last() ?? {};
    if (status === 'error')
      throw new Error(`the job has failed too early: ${fault?.code}: ${fault?.message}`);
    return mibRead(worker) >= mib;
  }, 40_000);
}

const nothingHeld: Caught = { hits: () => 0, reached: async () => {}, release: () => {}, remove: () => {} };
