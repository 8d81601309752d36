import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { cleanUpIdOf } from '../../src/copy-job/index.ts';
import type { ImageRecord } from '../../src/image/index.ts';
import { StoreError } from '../../src/stores/index.ts';
import { until } from '../support/until.ts';
import { presentAttempt } from '../support/workflow-attempts.ts';
import { type ActivityHook, type StoreHooks, watchReader } from '../support/workflow-hooks.ts';
import { resetWorkflow } from '../support/workflow-reset.ts';
import { endOf, type Job, type Rig } from '../support/workflow-rig.ts';
import { type Standing, standing } from '../support/workflow-standing.ts';

export const STEPS = ['prepareDestination', 'transferImage', 'commitImage', 'discardImage'] as const;
export const ENDINGS = [
  'replicated',
  'failed',
  'canceled',
  'forced',
  'terminated',
  'reset to its first Workflow Task',
  'reset to its last Workflow Task',
  'paused',
] as const;

/** A step whose first attempt is frozen, and what happens to its job in the meantime. */
export interface LateCase {
  readonly step: (typeof STEPS)[number];
  /**
   * Whether the attempt is frozen before or after the effect of the step. A transfer is frozen before it
   * opens the image, or after it has written part of it.
   */
  readonly when: 'before' | 'after';
  readonly ending: (typeof ENDINGS)[number];
}

/** Makes a place where the frozen attempt waits. */
function threshold() {
  const reached = Promise.withResolvers<void>();
  const thawed = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<void>();
  const pass = () => {
    reached.resolve();
    return thawed.promise;
  };
  return { reached: reached.promise, thawed: thawed.promise, thaw: thawed.resolve, ended, pass };
}

/**
 * For each attempt that is to be held, the function with which its reader waits after a chunk. The key is the
 * attempt, because all jobs copy the same image and share the hooks of its reader.
 */
const heldReaders = new WeakMap<Context, () => Promise<void>>();

const HOLDING_READERS: StoreHooks = {
  openReader: async (call) => {
    const reader = await call();
    const pass = heldReaders.get(Context.current());
    if (pass === undefined) return reader;
    return watchReader(reader, async ([start], signal) => {
      if (start === 0) return;
      await pass();
      // The attempt goes on only after it was told that it is no longer wanted.
      if (!signal.aborted) await once(signal, 'abort');
    });
  },
};

/** Returns hooks that lead the job to a step, and freeze the first attempt at it. */
function hooksOf({ step, when, ending }: LateCase, at: ReturnType<typeof threshold>) {
  let frozen: Context | undefined;
  let spoils = step === 'discardImage' && ending === 'replicated';
  const fails = ending === 'failed' || (step === 'discardImage' && !spoils);
  let firstRun: string | undefined;
  const isFrozen = () => frozen !== undefined && Context.current() === frozen;
  const around = async <T>(call: () => Promise<T>): Promise<T> => {
    if (isFrozen() && when === 'before') await at.pass();
    const result = await call();
    if (isFrozen() && when === 'after') await at.pass();
    return result;
  };
  const activities: ActivityHook = async (call, name) => {
    const context = Context.current();
    firstRun ??= context.info.workflowExecution?.runId;
    if (name === step && frozen === undefined) {
      frozen = context;
      presentAttempt().freeze(at.thawed);
      if (when === 'after') heldReaders.set(context, at.pass);
      return call().finally(at.ended.resolve);
    }
    const result = await call();
    if (name === 'commitImage' && fails && context.info.workflowExecution?.runId === firstRun)
      throw ApplicationFailure.nonRetryable('failed on purpose');
    return result;
  };
  const destination: StoreHooks = {
    ...(step === 'prepareDestination' && { prepare: around }),
    ...(step === 'commitImage' && { commit: around }),
    ...(step === 'discardImage' && { discard: around }),
    openSink: async (call) => {
      if (isFrozen() && when === 'before') await at.pass();
      if (spoils) {
        spoils = false;
        throw new StoreError('spoilt', 'spoilt on purpose');
      }
      return call();
    },
  };
  return { activities, source: HOLDING_READERS, destination };
}

/**
 * Freezes an attempt, ends its job, and lets the attempt go on. Returns the state of the job before and after
 * the attempt woke.
 */
export async function wakeLate(
  rig: Rig,
  image: ImageRecord,
  late: LateCase,
): Promise<{ before: Standing; after: Standing }> {
  const at = threshold();
  const started = await rig.startJob({ image, ...hooksOf(late, at) });
  const { workflowId } = started.handle;
  // This handle has no run id, so that it follows resets.
  const job = { ...started, handle: rig.client.workflow.getHandle(workflowId) };
  const mark = (await job.handle.describe()).runId;
  await at.reached;
  await bringAbout(rig, job, mark, late.ending);
  const before = await standing(rig, job, mark);
  at.thaw();
  await at.ended.promise;
  if (late.ending === 'paused') {
    await rig.client.workflowService.unpauseWorkflowExecution({ ...named(rig, workflowId) });
    await endOf(job);
  }
  return { before, after: await standing(rig, job, mark) };
}

/** Ends, resets or pauses the job while the attempt is frozen. */
async function bringAbout(rig: Rig, job: Job, mark: string, ending: LateCase['ending']): Promise<void> {
  const { workflowId } = job.handle;
  if (ending === 'canceled') await job.handle.signal('cancel');
  if (ending === 'forced') await job.handle.executeUpdate('requestCancel', { args: [{ force: true }] });
  if (ending === 'terminated') await job.handle.terminate();
  if (ending === 'reset to its first Workflow Task') await resetWorkflow(rig.client, workflowId, 'first');
  if (ending === 'reset to its last Workflow Task') await resetWorkflow(rig.client, workflowId, 'last');
  if (ending === 'paused') {
    await rig.client.workflowService.pauseWorkflowExecution({ ...named(rig, workflowId), reason: 'a test' });
    await until(async () => {
      const [step] = (await job.handle.describe()).raw.pendingActivities ?? [];
      return (step?.attempt ?? 0) > 1;
    });
    return;
  }
  await endOf(job);
  if (ending === 'forced') await rig.client.workflow.getHandle(cleanUpIdOf(workflowId, mark)).result();
}

function named(rig: Rig, workflowId: string) {
  return { namespace: rig.deployment.namespace, workflowId, requestId: randomUUID() };
}
