import { setTimeout as sleep } from 'node:timers/promises';
import { cancel, reset } from '../actions.ts';
import { begin, type Ending, goOn } from '../endings.ts';
import { reach } from '../phases.ts';
import type { RowName } from '../rows.ts';
import { STORES } from '../store-name.ts';
import { type Expected, type Fault, IN_HAND, type Phase, type Stage } from '../trial.ts';
import { endOfPhase, SLOW } from './common.ts';

const WAYS: Readonly<Record<Exclude<Ending, 'replicated' | 'failed'>, RowName>> = {
  canceled: 'cancel',
  forced: 'force',
  terminated: 'terminate',
  'reset-last': 'reset',
  'reset-first': 'reset',
  paused: 'pause',
};

const BEFORE_THE_END: readonly Phase[] = ['requested', ...IN_HAND];

export const operators: readonly Fault[] = [
  ...Object.entries(WAYS).map(([ending, row]) => ({
    name: ending,
    row,
    phases: BEFORE_THE_END.filter((phase) => !isMeaningless(phase, ending)),
    stores: STORES,
    run: (stage: Stage, phase: Phase) => interfere(stage, phase, ending as keyof typeof WAYS),
  })),
  {
    name: 'reset-ended',
    row: 'reset-ended',
    phases: ['committing', 'canceling'],
    stores: STORES,
    run: resetEnded,
  },
  {
    name: 'cancel-racing-commit',
    row: 'race',
    phases: ['committing'],
    stores: STORES,
    run: raceTheCommit,
  },
];

/** Tells whether an action makes no sense in a phase. */
function isMeaningless(phase: Phase, ending: string): boolean {
  const isSecondCancel = phase === 'canceling' && ending === 'canceled';
  // `pause` waits until no Workflow Task waits for a worker. Without a worker, the first Workflow Task waits
  // for ever.
  const isPauseWithoutWorker = phase === 'requested' && ending === 'paused';
  return isSecondCancel || isPauseWithoutWorker;
}

async function interfere(stage: Stage, phase: Phase, ending: keyof typeof WAYS): Promise<Expected> {
  if (phase === 'requested') return interfereWithoutWorker(stage, ending);
  const worker = await stage.startWorker({ slow: SLOW });
  const held = await reach(stage, worker, phase);
  const expected = await begin(stage, ending);
  await sleep(stage.random.between(0, 3000));
  held.release();
  await goOn(stage, ending);
  await stage.watch.ended();
  if (ending === 'canceled' || ending === 'forced' || ending === 'terminated') {
    return phase === 'discarding'
      ? { ...expected, ends: ['canceled', 'error'], sourceSpoilt: true }
      : expected;
  }
  // A copy that begins anew inspects the source again, and copies it as it is now.
  if (phase === 'discarding' && ending === 'reset-first')
    return { ends: ['error', 'replicated'], again: true, sourceSpoilt: true, unseen: true };
  // A reset takes back a cancel that came after its point in the history, but not an earlier one.
  return { ...endOfPhase(phase), again: true };
}

async function interfereWithoutWorker(stage: Stage, ending: keyof typeof WAYS): Promise<Expected> {
  await stage.startJob();
  await stage.watch.until(({ status }) => status === 'replicate_requested');
  if (ending.startsWith('reset')) {
    // Before the first Workflow Task has ended, there is no point to which a reset could go back.
    return { ...(await endWithWorker(stage)), again: true };
  }
  const expected = await begin(stage, ending);
  await sleep(stage.random.between(0, 1000));
  await goOn(stage, ending);
  if (ending !== 'terminated') await stage.startWorker();
  await stage.watch.ended();
  return expected;
}

async function endWithWorker(stage: Stage): Promise<Expected> {
  await stage.startWorker();
  await stage.watch.ended();
  return { ends: ['replicated'] };
}

async function resetEnded(stage: Stage, phase: Phase): Promise<Expected> {
  const worker = await stage.startWorker({ slow: SLOW / 4 });
  if (phase === 'canceling') (await reach(stage, worker, 'canceling')).release();
  else await stage.startJob();
  await stage.watch.ended();
  const { firstExecutionRunId, runId } = await runsOf(stage);
  await reset(stage, stage.random.pick(['FirstWorkflowTask', 'LastWorkflowTask']));
  await untilOtherRun(stage, runId ?? firstExecutionRunId);
  await stage.deployment.client.workflow
    .getHandle(stage.jobId)
    .result()
    .catch(() => {});
  await sleep(300);
  await stage.watch.ended();
  // The reset has taken back the cancel.
  stage.cancelAccepted = false;
  return { ends: phase === 'canceling' ? ['canceled', 'replicated'] : ['replicated'], again: true };
}

async function runsOf({ deployment, jobId }: Stage) {
  const { runId, raw } = await deployment.client.workflow.getHandle(jobId).describe();
  return { runId, firstExecutionRunId: raw.workflowExecutionInfo?.firstRunId ?? '' };
}

async function untilOtherRun(stage: Stage, before: string): Promise<void> {
  for (let left = 50; left > 0 && (await runsOf(stage)).runId === before; left -= 1) await sleep(100);
}

async function raceTheCommit(stage: Stage): Promise<Expected> {
  const worker = await stage.startWorker();
  const held = await reach(stage, worker, 'committing');
  const wait = stage.random.between(0, 1200);
  const canceled = cancel(stage);
  await sleep(wait);
  held.release();
  await canceled;
  await stage.watch.ended();
  return { ends: ['canceled', 'replicated'] };
}
