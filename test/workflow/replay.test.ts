/**
 * Replays the histories of real runs with the current workflows. A change that would break jobs under way
 * fails here, and then needs `patched`. Histories of an earlier release stay as they are. New ones are stored
 * by name: UPDATE_HISTORIES=replicated,cleaned-up npx vitest run test/workflow/replay.test.ts
 */
import { defaultPayloadConverter } from '@temporalio/common';
import { DefaultLogger, Worker, type WorkflowBundleOption } from '@temporalio/worker';
import { beforeAll, expect, test } from 'vitest';
import { workflowBundle } from '../../src/worker/workflow-bundle.ts';
import {
  historyFrom,
  readHistory,
  storeHistory,
  type WorkflowHistory,
} from '../support/workflow-histories.ts';
import { endOf, startRig } from '../support/workflow-rig.ts';
import { IDENTITY, quietRuntime } from '../support/workflow-workers.ts';
import { SCENARIOS } from './replay-scenarios.ts';

const names = Object.keys(SCENARIOS);

let bundle: WorkflowBundleOption;
beforeAll(async () => {
  quietRuntime();
  bundle = await workflowBundle(new DefaultLogger('ERROR'));
});

test.runIf(process.env.UPDATE_HISTORIES)('the histories that UPDATE_HISTORIES names are stored', async () => {
  const rig = await startRig();
  try {
    for (const name of process.env.UPDATE_HISTORIES?.split(',') ?? []) {
      const { run } = SCENARIOS[name] ?? {};
      if (run === undefined) throw new Error(`no history is called ${name}`);
      const job = await run(rig);
      await endOf(job);
      await storeHistory(name, job.handle);
    }
  } finally {
    await rig.stop();
  }
});

test.each(names)('the history %s can be replayed', async (name) => {
  await Worker.runReplayHistory({ workflowBundle: bundle }, await readHistory(name), name);
});

test.each(names)('the history %s can be replayed if its start was traced', async (name) => {
  const history = await readHistory(name);
  const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
  const fields = { '_tracer-data': defaultPayloadConverter.toPayload({ traceparent }) };
  for (const { workflowExecutionStartedEventAttributes: started } of history.events ?? [])
    if (started) started.header = { fields };
  await Worker.runReplayHistory({ workflowBundle: bundle }, history, name);
});

test.each(names)('the history %s contains no name of a machine', async (name) => {
  const text = decoded(await readHistory(name));
  expect(text).not.toMatch(/\/(home|root|tmp)\/|node_modules|file:|\.[jt]s:\d/);
  const identities = [...text.matchAll(/"identity":"([^"]*)"/g)].map(([, identity]) => identity);
  // The server itself ends the Workflow Task to which a run is reset.
  expect([...new Set(identities)].toSorted()).toEqual(
    name.startsWith('reset-') ? ['history-service', IDENTITY] : [IDENTITY],
  );
  expect(text).toContain(SCENARIOS[name]?.closed);
});

test('a workflow that differs from its history fails the replay', async () => {
  const text = JSON.stringify(await readHistory('replicated'));
  const other = historyFrom(text.replaceAll('"commitImage"', '"publishImage"'));
  await expect(Worker.runReplayHistory({ workflowBundle: bundle }, other)).rejects.toThrow('Nondeterminism');
});

/** Returns the text of a history, with its payloads as text. */
function decoded(history: WorkflowHistory): string {
  const payloads: string[] = [];
  const text = JSON.stringify(history, (key, value) => {
    if (key === 'data' && typeof value === 'string') payloads.push(Buffer.from(value, 'base64').toString());
    return value;
  });
  return [text, ...payloads].join('\n');
}
