import { setTimeout as sleep } from 'node:timers/promises';
import { CLEAN_UP } from '../../../src/copy-job/index.ts';
import { MIB } from '../../support/deployment.ts';
import { until } from '../../support/until.ts';
import { cancel } from '../actions.ts';
import type { Spot } from '../end.ts';
import { reach } from '../phases.ts';
import type { HttpProxy } from '../proxy.ts';
import type { Act } from '../proxy-rules.ts';
import { mibRead } from '../stage.ts';
import type { StoreName } from '../store-name.ts';
import type { Expected, Fault, Phase, Stage } from '../trial.ts';
import type { ChaosWorker } from '../worker.ts';
import { endOfPhase, SLOW } from './common.ts';

type Side = 'source' | 'destination';
const SIDES: readonly Side[] = ['source', 'destination'];

/** The stores that are reached over a network. */
const STORES: readonly StoreName[] = ['s3', 'objects-s3', 'glance'];

const PHASES: readonly Phase[] = ['preparing', 'transferring', 'verifying', 'committing', 'canceling'];

/** The faults that the bytes of an image can meet on their way. */
const BODIES = ['reset', 'stall', 'truncate', 'flip'] as const;

/** Answers that a server gives instead of carrying out a request. */
const ANSWERS: Readonly<Record<string, Act>> = {
  500: { kind: 'status', status: 500 },
  503: { kind: 'status', status: 503, headers: { 'retry-after': '1' } },
};

export const network: readonly Fault[] = SIDES.flatMap((side) => [
  ...BODIES.map(
    (kind): Fault => ({
      name: `${side}-${kind}`,
      row: `${side}-${kind}`,
      phases: ['transferring'],
      stores: STORES,
      side,
      seconds: kind === 'stall' ? 30 : 15,
      run: (stage) => spoilBody(stage, side, kind),
    }),
  ),
  ...Object.entries(ANSWERS).map(
    ([status, act]): Fault => ({
      name: `${side}-${status}`,
      row: `${side}-${status as '500' | '503'}`,
      phases: side === 'source' ? ['transferring'] : PHASES,
      stores: STORES,
      side,
      run: (stage, phase) => refuseWith(stage, side, phase, act),
    }),
  ),
  {
    name: `${side}-refused`,
    row: `${side}-refused`,
    phases: side === 'source' ? (['transferring'] as const) : PHASES,
    stores: STORES,
    side,
    run: (stage, phase) => away(stage, side, phase, 'refuse'),
  } satisfies Fault,
  {
    name: `${side}-hangs`,
    row: `${side}-hangs`,
    phases: side === 'source' ? (['transferring'] as const) : PHASES,
    stores: STORES,
    side,
    run: (stage, phase) => away(stage, side, phase, 'stall'),
  } satisfies Fault,
  {
    name: `${side}-slow`,
    row: `${side}-slow`,
    phases: ['transferring'] as const,
    stores: STORES,
    side,
    run: (stage) => trickle(stage, side),
  } satisfies Fault,
  {
    name: `${side}-gone`,
    row: `${side}-gone`,
    phases: ['transferring'] as const,
    stores: STORES,
    side,
    limits: { give_up_after: '6s' },
    run: (stage) => (side === 'source' ? sourceGone(stage) : destinationGone(stage)),
  } satisfies Fault,
]);

/** The server carries out a request, and its answer is lost. */
export const lostAnswers: Fault = {
  name: 'destination-answer-lost',
  row: 'answer-lost',
  phases: ['preparing', 'transferring', 'verifying', 'committing', 'canceling'],
  stores: STORES,
  run: (stage, phase) => refuseWith(stage, 'destination', phase, { kind: 'swallow' }),
};

const STEP_OF = {
  preparing: 'prepare',
  verifying: 'verify',
  committing: 'commit',
  canceling: 'discard',
} as const;

function proxyOf(worker: ChaosWorker, side: Side): HttpProxy {
  const proxy = worker[side];
  if (proxy === null) throw new Error('there is no server at this end');
  return proxy;
}

function matchOf(spot: Spot) {
  if (spot.kind !== 'http') throw new Error('there is no server at this end');
  return spot.match;
}

/** Returns which requests move the bytes of an image at one end, and whether the answers carry the bytes. */
function bytesAt(stage: Stage, side: Side) {
  return side === 'source'
    ? ({ of: 'answer', match: matchOf(stage.source.reads) } as const)
    : ({ of: 'request', match: matchOf(stage.destination.writes) } as const);
}

async function spoilBody(stage: Stage, side: Side, kind: (typeof BODIES)[number]): Promise<Expected> {
  const { random } = stage;
  const worker = await stage.startWorker();
  const { of, match } = bytesAt(stage, side);
  const times = kind === 'flip' ? 1 : random.between(1, 4);
  const at = random.between(1, 6 * MIB);
  const rule = proxyOf(worker, side).add(match, { kind: 'body', of, fault: { kind, at } }, times);
  await stage.startJob();
  await rule.reached();
  await stage.watch.ended(90_000);
  return { ends: ['replicated'], ...(kind === 'flip' && side === 'source' && { unseen: true }) };
}

async function refuseWith(stage: Stage, side: Side, phase: Phase, act: Act): Promise<Expected> {
  const worker = await stage.startWorker({ slow: phase === 'canceling' ? SLOW : SLOW / 4 });
  const { random } = stage;
  const end = stage[side];
  const times = act.kind === 'swallow' ? 1 : random.between(1, 5);
  if (phase === 'transferring') {
    proxyOf(worker, side).add(bytesAt(stage, side).match, act, times);
    await stage.startJob();
  } else if (phase === 'canceling') {
    await reach(stage, worker, 'transferring');
    proxyOf(worker, side).add(matchOf(random.pick(end.steps.discard)), act, times);
    await cancel(stage);
  } else if (phase !== 'requested' && phase !== 'discarding') {
    proxyOf(worker, side).add(matchOf(random.pick(end.steps[STEP_OF[phase]])), act, times);
    await stage.startJob();
  }
  await stage.watch.ended();
  const isUnheard = act.kind === 'swallow' && phase === 'preparing';
  return { ...endOfPhase(phase), ...(isUnheard && { sweep: true, unheard: true }) };
}

async function away(stage: Stage, side: Side, phase: Phase, how: 'refuse' | 'stall'): Promise<Expected> {
  const worker = await stage.startWorker({ slow: SLOW });
  const proxy = proxyOf(worker, side);
  const held = await reach(stage, worker, phase);
  await proxy[how]();
  held.release();
  await sleep(stage.random.between(1000, 6000));
  await proxy.accept();
  await stage.watch.ended(90_000);
  // The request that begins an upload may have succeeded, and its answer may be lost.
  return { ...endOfPhase(phase), ...(phase === 'preparing' && { sweep: true, unheard: true }) };
}

async function trickle(stage: Stage, side: Side): Promise<Expected> {
  const worker = await stage.startWorker();
  const { of, match } = bytesAt(stage, side);
  const fault = { kind: 'slow', rate: 10_000 } as const;
  const rule = proxyOf(worker, side).add(match, { kind: 'body', of, fault });
  await stage.startJob();
  await rule.reached();
  await sleep(stage.random.between(5000, 9000));
  rule.remove();
  await stage.watch.ended(90_000);
  return { ends: ['replicated'] };
}

async function sourceGone(stage: Stage): Promise<Expected> {
  const worker = await stage.startWorker({ slow: SLOW });
  await reach(stage, worker, 'transferring');
  await proxyOf(worker, 'source').refuse();
  await stage.watch.ended();
  return { ends: ['error'] };
}

/**
 * Takes the destination away for good, so that nothing can be cleaned up there. Cancels the job by force, and
 * terminates its clean-up.
 */
async function destinationGone(stage: Stage): Promise<Expected> {
  const worker = await stage.startWorker({ slow: SLOW });
  await reach(stage, worker, 'transferring');
  await until(() => mibRead(worker) > 8);
  await proxyOf(worker, 'destination').refuse();
  await stage.watch.until(({ phase }) => phase === 'discard');
  await cancel(stage, '--force');
  await stage.watch.ended();
  await endCleanUp(stage);
  await worker.kill();
  return { ends: ['canceled'], sweep: true };
}

async function endCleanUp({ deployment: { client }, jobId }: Stage): Promise<void> {
  const query = `WorkflowType = '${CLEAN_UP}' AND ExecutionStatus = 'Running'`;
  await until(async () => {
    for await (const { workflowId } of client.workflow.list({ query })) {
      await client.workflow.getHandle(workflowId).terminate('chaos');
      return true;
    }
    return undefined;
  });
  // The job closes some time after its status has changed.
  await client.workflow
    .getHandle(jobId)
    .result()
    .catch(() => {});
}
