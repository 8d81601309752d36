import { ActivityNotFoundError, type Client } from '@temporalio/client';
import { MockActivityEnvironment } from '@temporalio/testing';
import { expect, test } from 'vitest';
import { runStep } from '../../activities/step.ts';
import { overtakenError } from '../../src/stores/refusals.ts';
import { blame, StoreError } from '../../src/stores/store-error.ts';

/** Returns the failure of a step that ends with an error, while Temporal gives this answer to a heartbeat. */
async function failureOf(error: Error, answer: () => Promise<void>): Promise<unknown> {
  const client = { activity: { heartbeat: answer } } as unknown as Client;
  const step = () =>
    runStep(client, 60_000, async () => {
      throw blame('destination', error);
    });
  return new MockActivityEnvironment().run(step).catch((failure) => failure);
}

const waits = async () => {};
const hasGivenUp = async () => {
  throw new ActivityNotFoundError('gone');
};

test('an attempt that a store takes for an earlier one is tried again, if Temporal waits for it', async () => {
  const failure = await failureOf(overtakenError(), waits);
  expect(failure).toMatchObject({ type: 'unavailable', nonRetryable: false });
  expect(failure).toMatchObject({ message: expect.stringContaining('clock') });
  expect(failure).toMatchObject({ details: [{ side: 'destination' }] });
});

test('an attempt that was overtaken ends, if Temporal does not wait for it', async () => {
  expect(await failureOf(overtakenError(), hasGivenUp)).toMatchObject({
    type: 'conflict',
    nonRetryable: true,
  });
});

test('any other conflict ends the step', async () => {
  const taken = new StoreError('conflict', 'the image id is taken');
  expect(await failureOf(taken, waits)).toMatchObject({ type: 'conflict', nonRetryable: true });
});
