/** Tests which part of a history is read to find out whether a worker can read it. */
import type { Client } from '@temporalio/client';
import { expect, test } from 'vitest';
import { resetIfUnreadable } from '../../src/job-service/unreadable.ts';

const COMPLETED = { workflowTaskCompletedEventAttributes: {} };
/** A Workflow Task that a pause has ended before a worker has started it. */
const PAUSED = { workflowTaskFailedEventAttributes: { cause: 39 } };
const OTHER = {};

/** Imitates a Temporal that has a history with these events, and sends two of them with each answer. */
function temporalWith(events: readonly object[]) {
  const newestFirst = events.map((event, index) => ({ ...event, eventId: index + 1 })).reverse();
  const resets: unknown[] = [];
  let answers = 0;
  const workflowService = {
    async getWorkflowExecutionHistoryReverse({ nextPageToken = new Uint8Array([0]) }) {
      const [from = 0] = nextPageToken;
      const upTo = from + 2;
      answers += 1;
      return {
        history: { events: newestFirst.slice(from, upTo) },
        nextPageToken: upTo < newestFirst.length ? new Uint8Array([upTo]) : new Uint8Array(),
      };
    },
    async resetWorkflowExecution({ workflowTaskFinishEventId }: { workflowTaskFinishEventId: unknown }) {
      resets.push(workflowTaskFinishEventId);
      return { runId: 'new' };
    },
  };
  const workflow = { getHandle: () => ({ describe: async () => ({ raw: {} }) }) };
  const client = { options: { namespace: 'default' }, workflowService, workflow } as unknown as Client;
  return {
    resets,
    answers: () => answers,
    reset: () => resetIfUnreadable(client, 'job', 'run', 'an operator'),
  };
}

const OLD = Array.from({ length: 20 }, () => OTHER);

test('a job is reset to the first event that no worker can read, although later ones are like it', async () => {
  const temporal = temporalWith([...OLD, COMPLETED, OTHER, PAUSED, OTHER, OTHER, PAUSED, OTHER]);
  await temporal.reset();
  expect(temporal.resets).toEqual([23]);
});

test('a history is read from its end, and no further than to what workers have read', async () => {
  const temporal = temporalWith([...OLD, PAUSED, COMPLETED, OTHER, OTHER, OTHER]);
  await temporal.reset();
  expect([temporal.resets, temporal.answers()]).toEqual([[], 2]);
});

test('a history that no worker has read is read from its end to its beginning', async () => {
  const temporal = temporalWith([OTHER, PAUSED, OTHER, OTHER, OTHER]);
  await temporal.reset();
  expect([temporal.resets, temporal.answers()]).toEqual([[2], 3]);
});
