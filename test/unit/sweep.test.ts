import type { Client } from '@temporalio/client';
import { expect, test } from 'vitest';
import type { Region } from '../../src/config/index.ts';
import { type Leftover, StoreError } from '../../src/stores/index.ts';
import { retentionOf } from '../../src/sweep/retention.ts';
import { type SweepFinding, sweepStores } from '../../src/sweep/sweep.ts';

const A_DAY = 24 * 60 * 60_000;
const MARK = '0b1e7a52-93c1-4c7e-8f7e-2d1c3b4a5f60';

/**
 * Makes the client of a Temporal with this retention. Each look at the job finds the next of these states.
 * Without states, Temporal does not know the job.
 */
function temporal(retention: number | null, ...states: readonly ('open' | 'closed')[]): Client {
  return temporalThatLists(({ query }) => query.includes(MARK), retention, states);
}

/**
 * Makes the client of a Temporal as `temporal` does.
 *
 * @param lists tells whether the list for a query has the job
 */
function temporalThatLists(
  lists: (request: { query: string }) => boolean,
  retention: number | null,
  states: readonly ('open' | 'closed')[],
): Client {
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
      async *list(request: { query: string }) {
        if (states.length > 0 && lists(request)) yield { workflowId: 'job' };
      },
      getHandle: () => ({ describe }),
    },
  } as unknown as Client;
}

/** Returns a leftover. Its removal first asks for a confirmation. */
function leftoverOf(age: number): Leftover {
  return {
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
}

/** Sweeps a region in which images, and perhaps objects, have left something behind. */
function sweepOf(client: Client, leftovers: () => AsyncIterable<Leftover>, objects?: { leftovers: unknown }) {
  const region = { name: 'ot1', objectsOnly: false, store: { leftovers, objects } } as unknown as Region;
  return sweepStores(client, region, { dry_run: false, grace: 1000 });
}

/** Sweeps a region with one leftover. */
async function swept(client: Client, age: number): Promise<SweepFinding | undefined> {
  const leftovers = async function* () {
    yield leftoverOf(age);
  };
  for await (const finding of sweepOf(client, leftovers)) return finding;
  return undefined;
}

/** Returns the outcomes of a sweep, and the code of the error with which it ends. */
async function outcomesOf(findings: AsyncIterable<SweepFinding>): Promise<readonly string[]> {
  const outcomes: string[] = [];
  try {
    for await (const { outcome, why } of findings) outcomes.push(`${outcome}: ${why}`);
  } catch (error) {
    outcomes.push((error as StoreError).code);
  }
  return outcomes;
}

test('a leftover is kept if its job was opened again after the sweep had looked', async () => {
  expect(await swept(temporal(A_DAY, 'closed', 'closed'), 5000)).toMatchObject({ outcome: 'removed' });
  expect(await swept(temporal(A_DAY, 'closed', 'open'), 5000)).toMatchObject({ outcome: 'kept' });
});

test('a job that Temporal does not know counts as over only when Temporal would have forgotten it', async () => {
  expect(await swept(temporal(A_DAY), A_DAY + 5000)).toMatchObject({ outcome: 'removed' });
  expect(await swept(temporal(A_DAY), A_DAY - 5000)).toMatchObject({ outcome: 'kept' });
});

test.each(['', 'x'.repeat(100_000), `${MARK}' OR RunId != '`, `${MARK}\n`])(
  "a leftover with a mark that no job has is kept as nobody's, and Temporal is not asked (%#)",
  async (mark) => {
    const client = temporalThatLists(
      () => {
        throw new Error('Temporal was asked');
      },
      A_DAY,
      ['closed'],
    );
    const leftovers = async function* () {
      yield { ...leftoverOf(2 * A_DAY), mark };
    };
    expect(await outcomesOf(sweepOf(client, leftovers))).toEqual([
      'kept: nothing says which job it belongs to',
    ]);
  },
);

test.each([null, 0])(
  'if Temporal does not say how long it keeps records (%s), it counts as keeping them for ever',
  async (said) => {
    expect(await retentionOf(temporal(said))).toBe(Number.POSITIVE_INFINITY);
    expect(await swept(temporal(said), 1000 * A_DAY)).toMatchObject({ outcome: 'kept' });
  },
);

test('an open job whose first run Temporal has forgotten keeps what it makes', async () => {
  const listsOpen = ({ query }: { query: string }) => query.includes('NOT IN');
  const sweepWhile = (state: 'open' | 'closed') =>
    swept(temporalThatLists(listsOpen, A_DAY, [state, state]), A_DAY + 5000);
  expect(await sweepWhile('open')).toMatchObject({ job: 'job', outcome: 'kept', why: 'its job goes on' });
  expect(await sweepWhile('closed')).toMatchObject({ outcome: 'removed' });
});

test('a leftover that cannot be removed does not keep a sweep from removing the others', async () => {
  const refuse = async () => {
    throw new StoreError('forbidden', 'refused');
  };
  const images = async function* () {
    yield { ...leftoverOf(5000), remove: refuse };
    yield leftoverOf(5000);
    throw new StoreError('unavailable', 'a place cannot be looked at');
  };
  const objects = async function* () {
    yield leftoverOf(5000);
  };
  const findings = sweepOf(temporal(A_DAY, ...Array(6).fill('closed')), images, { leftovers: objects });
  const removed = 'removed: its job has ended';
  expect(await outcomesOf(findings)).toEqual([
    'kept: it could not be removed: refused',
    removed,
    removed,
    'forbidden',
  ]);
});
