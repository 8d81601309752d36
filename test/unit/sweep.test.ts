import type { Client } from '@temporalio/client';
import { expect, test } from 'vitest';
import type { Region } from '../../src/config/index.ts';
import type { Leftover } from '../../src/stores/index.ts';
import { retentionOf } from '../../src/sweep/retention.ts';
import { type SweepFinding, sweepStores } from '../../src/sweep/sweep.ts';

const A_DAY = 24 * 60 * 60_000;
const MARK = 'first-run';

/** Stands for Temporal: what it says of the namespace, and of the job, each time it is asked. */
function temporal(retention: number | null, ...states: readonly ('open' | 'closed')[]): Client {
  const rest = [...states];
  const describe = async () => ({
    runId: MARK,
    raw: { workflowExecutionInfo: { firstRunId: MARK } },
    status: { name: 'RUNNING' },
    closeTime: rest.shift() === 'closed' ? new Date() : undefined,
  });
  const ttl = retention === null ? null : { seconds: retention / 1000 };
  return {
    options: { namespace: 'default' },
    workflowService: {
      describeNamespace: async () => ({ config: { workflowExecutionRetentionTtl: ttl } }),
    },
    workflow: {
      async *list({ query }: { query: string }) {
        if (states.length > 0 && query.includes(MARK)) yield { workflowId: 'job' };
      },
      getHandle: () => ({ describe }),
    },
  } as unknown as Client;
}

/** Sweeps a region with one leftover, whose removal asks right before it is done. */
async function swept(client: Client, age: number): Promise<SweepFinding | undefined> {
  const leftover: Leftover = {
    kind: 'image in the making',
    place: 'somewhere',
    mark: MARK,
    bytes: 1,
    changed: new Date(Date.now() - age),
    abandonedAfter: null,
    remove: async (confirm) => {
      const isNeeded = await confirm?.().catch(() => true);
      return isNeeded !== true;
    },
  };
  const leftovers = async function* () {
    yield leftover;
  };
  const region = { name: 'ot1', objectsOnly: false, store: { leftovers } } as unknown as Region;
  for await (const finding of sweepStores(client, region, { dry_run: false, grace: 1000 })) return finding;
  return undefined;
}

test('a leftover whose job was opened again since the sweep has looked is kept', async () => {
  expect(await swept(temporal(A_DAY, 'closed', 'closed'), 5000)).toMatchObject({ outcome: 'removed' });
  expect(await swept(temporal(A_DAY, 'closed', 'open'), 5000)).toMatchObject({ outcome: 'kept' });
});

test('a job that Temporal does not know counts as over only when Temporal would have forgotten it', async () => {
  expect(await swept(temporal(A_DAY), A_DAY + 5000)).toMatchObject({ outcome: 'removed' });
  expect(await swept(temporal(A_DAY), A_DAY - 5000)).toMatchObject({ outcome: 'kept' });
});

test.each([null, 0])(
  'if Temporal does not say how long it keeps records (%s), that has no end',
  async (said) => {
    expect(await retentionOf(temporal(said))).toBe(Number.POSITIVE_INFINITY);
    expect(await swept(temporal(said), 1000 * A_DAY)).toMatchObject({ outcome: 'kept' });
  },
);
