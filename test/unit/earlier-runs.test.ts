import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import { MockActivityEnvironment } from '@temporalio/testing';
import { describe, expect, test } from 'vitest';
import { undoableOf, withEarlierCommits } from '../../activities/earlier-runs.ts';
import type { DestinationRef, ImageDestination } from '../../src/stores/index.ts';

const ref: DestinationRef = {
  image_id: 'image',
  tenant_id: null,
  mark: 'run-0',
  digests: { sha512: null, md5: null },
};
const UNMARKING = { unmarksCommitted: true } as ImageDestination;

interface Run {
  readonly status: string;
  /** How its copy was verified. This is on record as soon as the commit begins. */
  readonly verified_by: string | null;
}
const STOPPED: Run = { status: 'TERMINATED', verified_by: null };
const AT_COMMIT: Run = { status: 'CANCELLED', verified_by: 'sha512' };
const REPLICATED: Run = { status: 'COMPLETED', verified_by: 'sha512' };
const NOW: Run = { status: 'RUNNING', verified_by: null };

/** Returns the client of a Temporal with these runs of a job. `null` is a run that it has forgotten. */
function temporal(...runs: readonly (Run | null)[]): Client {
  const describeRun = async (runId: string) => {
    const at = Number(runId.slice('run-'.length));
    const run = runs[at];
    if (!run) throw new WorkflowNotFoundError('forgotten', 'job', runId);
    const resetRunId = at + 1 < runs.length ? `run-${at + 1}` : '';
    return {
      runId,
      status: { name: run.status },
      memo: { job: { verified_by: run.verified_by } },
      raw: { workflowExecutionInfo: { firstRunId: 'run-0' }, workflowExtendedInfo: { resetRunId } },
    };
  };
  return {
    workflow: {
      async *list() {
        for (const [at, run] of runs.entries()) if (run !== null) yield { runId: `run-${at}` };
      },
      getHandle: (_id: string, runId: string) => ({ describe: () => describeRun(runId) }),
    },
  } as unknown as Client;
}

function inRun<T>(runId: string, work: () => Promise<T>): Promise<T> {
  return new MockActivityEnvironment({ workflowExecution: { workflowId: 'job', runId } }).run(work);
}

test.each([
  ['for a store whose committed images bear a mark', 'run-1', {} as ImageDestination],
  ['in the first run of a job', 'run-0', UNMARKING],
])('Temporal is not asked about earlier commits %s', async (_when, runId, destination) => {
  const nobody = {} as Client;
  expect(await inRun(runId, () => withEarlierCommits(nobody, destination, ref))).toBe(ref);
});

describe.each([
  ['an earlier run was replicated', [REPLICATED, NOW], { committing: true }, {}],
  ['an earlier run was replicated, and one is forgotten', [null, REPLICATED, NOW], { committing: true }, {}],
  [
    'an earlier run has come to its commit',
    [STOPPED, AT_COMMIT, NOW],
    { committing: true, contested: true },
    { committing: true },
  ],
  ['no run has come to its commit', [STOPPED, NOW], { contested: true }, {}],
  ['Temporal has forgotten a run', [null, AT_COMMIT, NOW], { contested: true }, {}],
] as const)('if %s,', (_what, runs, found, undoable) => {
  test('a later run knows whether it may take over a committed image', async () => {
    const work = () => withEarlierCommits(temporal(...runs), UNMARKING, ref);
    expect(await inRun(`run-${runs.length - 1}`, work)).toEqual({ ...ref, ...found });
  });

  test('a later run knows whether it may undo a commit', async () => {
    expect(await undoableOf(temporal(...runs), 'job', ref)).toEqual({ ...ref, ...undoable });
  });
});

test('a run that has committed an image by itself leaves it if Temporal has forgotten an earlier run', async () => {
  const committing = { ...ref, committing: true } as const;
  expect(await undoableOf(temporal(null, AT_COMMIT), 'job', committing)).toEqual(ref);
});

test('a run that Temporal still lists, but has forgotten otherwise, keeps later runs from undoing a commit', async () => {
  const client = temporal(AT_COMMIT, NOW);
  const workflow = {
    ...client.workflow,
    async *list() {
      yield { runId: 'run-2' };
    },
  };
  expect(await undoableOf({ workflow } as unknown as Client, 'job', ref)).toEqual(ref);
});
