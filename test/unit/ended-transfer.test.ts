import type { Client, WorkflowExecutionDescription } from '@temporalio/client';
import { expect, test } from 'vitest';
import { endedTransferBytes } from '../../src/job-service/ended-transfer.ts';

const run = { workflowId: 'job', runId: 'run' } as WorkflowExecutionDescription;

/** Returns a client of a server on which every history has these events. The last event comes first. */
function clientOf(...events: object[]): Client {
  const workflowService = { getWorkflowExecutionHistoryReverse: async () => ({ history: { events } }) };
  return { options: { namespace: 'default' }, workflowService } as unknown as Client;
}

const COMPLETED = { activityTaskCompletedEventAttributes: {} };
const TASK = { workflowTaskScheduledEventAttributes: {} };

test('a transfer that has completed has moved the whole image', async () => {
  expect(await endedTransferBytes(clientOf(TASK, COMPLETED), run, 1000)).toBe(1000);
});

test.each([
  ['timed out', { activityTaskTimedOutEventAttributes: { failure: { timeoutFailureInfo: {} } } }],
  ['was cancelled', { activityTaskCanceledEventAttributes: {} }],
  ['failed', { activityTaskFailedEventAttributes: { failure: { applicationFailureInfo: {} } } }],
])(
  'a transfer that %s and never reported its progress has moved nothing, whatever step came before',
  async (_how, ended) => {
    expect(await endedTransferBytes(clientOf(TASK, ended, TASK, COMPLETED), run, 1000)).toBe(0);
  },
);
