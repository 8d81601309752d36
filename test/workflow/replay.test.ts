/**
 * Histories of real runs, replayed with the present workflow: a change that would break the jobs under way
 * fails here, and then needs `patched`. Where a change was meant, and old jobs have been thought of:
 *
 *     UPDATE_HISTORIES=1 npx vitest run test/workflow/replay.test.ts
 */
import { DefaultLogger, Worker } from '@temporalio/worker';
import { beforeAll, expect, test } from 'vitest';
import { StoreError } from '../../src/stores/index.ts';
import { workflowBundle } from '../../src/worker/workflow-bundle.ts';
import {
  historyFrom,
  readHistory,
  storeHistory,
  type WorkflowHistory,
} from '../support/workflow-histories.ts';
import { gate, holding, holdingTransfer } from '../support/workflow-hooks.ts';
import { endOf, type Rig, startRig } from '../support/workflow-rig.ts';
import { IDENTITY, quietRuntime } from '../support/workflow-workers.ts';

type Scenario = (rig: Rig) => Promise<Parameters<typeof endOf>[0]>;

const SCENARIOS: Record<string, { closed: string; run: Scenario }> = {
  replicated: { closed: 'WORKFLOW_EXECUTION_COMPLETED', run: (rig) => rig.startJob() },
  'canceled-by-signal': {
    closed: 'WORKFLOW_EXECUTION_CANCELED',
    run: async (rig) => {
      const at = gate();
      const job = await rig.startJob({ source: holdingTransfer(at, 1) });
      await at.reached;
      await job.handle.signal('cancel', { reason: 'not needed', requested_by: 'alice' });
      return job;
    },
  },
  'canceled-natively': {
    closed: 'WORKFLOW_EXECUTION_CANCELED',
    run: async (rig) => {
      const at = gate();
      const job = await rig.startJob({ source: holdingTransfer(at, 1) });
      await at.reached;
      await job.handle.cancel();
      return job;
    },
  },
  'canceled-during-commit': {
    closed: 'WORKFLOW_EXECUTION_CANCELED',
    run: async (rig) => {
      const at = gate();
      const job = await rig.startJob({ destination: holding('commit', at, 'after') });
      await at.reached;
      await job.handle.executeUpdate('requestCancel', { args: [{ reason: 'not needed' }] });
      at.open();
      return job;
    },
  },
  'canceled-by-force': {
    closed: 'WORKFLOW_EXECUTION_CANCELED',
    run: async (rig) => {
      const at = gate();
      // The clean-up's id is made of the job's, which is the history's name when it is replayed.
      const workflowId = 'canceled-by-force';
      const job = await rig.startJob({ workflowId, source: holdingTransfer(at, 1) });
      await at.reached;
      await job.handle.executeUpdate('requestCancel', { args: [{ reason: 'not needed', force: true }] });
      return job;
    },
  },
  'failed-and-undone': {
    closed: 'WORKFLOW_EXECUTION_FAILED',
    run: (rig) => {
      const commit = async () => {
        throw new StoreError('quota_exceeded', 'no room');
      };
      return rig.startJob({ destination: { commit } });
    },
  },
  'invalid-input': {
    closed: 'WORKFLOW_EXECUTION_FAILED',
    run: async (rig) => ({ handle: await rig.startWith({ source: { region: 'ot1' } }) }),
  },
};
const names = Object.keys(SCENARIOS);

let bundle: { code: string };
beforeAll(async () => {
  quietRuntime();
  bundle = await workflowBundle(new DefaultLogger('ERROR'));
});

test.runIf(process.env.UPDATE_HISTORIES)('the histories are stored anew', async () => {
  const rig = await startRig();
  try {
    for (const [name, { run }] of Object.entries(SCENARIOS)) {
      const job = await run(rig);
      await endOf(job);
      await storeHistory(name, job.handle);
    }
  } finally {
    await rig.stop();
  }
});

test.each(names)('the history of a job that was %s can be replayed', async (name) => {
  await Worker.runReplayHistory({ workflowBundle: bundle }, await readHistory(name), name);
});

test.each(names)('the history of a job that was %s tells of no machine', async (name) => {
  const text = decoded(await readHistory(name));
  expect(text).not.toMatch(/\/(home|root|tmp)\/|node_modules|file:|\.[jt]s:\d/);
  const identities = [...text.matchAll(/"identity":"([^"]*)"/g)].map(([, identity]) => identity);
  expect([...new Set(identities)]).toEqual([IDENTITY]);
  expect(text).toContain(SCENARIOS[name]?.closed);
});

test('a workflow that went another way than its history does not pass', async () => {
  const text = JSON.stringify(await readHistory('replicated'));
  const other = historyFrom(text.replaceAll('"commitImage"', '"publishImage"'));
  await expect(Worker.runReplayHistory({ workflowBundle: bundle }, other)).rejects.toThrow('Nondeterminism');
});

/** A history's text, with that of its payloads. */
function decoded(history: WorkflowHistory): string {
  const payloads: string[] = [];
  const text = JSON.stringify(history, (key, value) => {
    if (key === 'data' && typeof value === 'string') payloads.push(Buffer.from(value, 'base64').toString());
    return value;
  });
  return [text, ...payloads].join('\n');
}
