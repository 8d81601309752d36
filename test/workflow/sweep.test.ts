import { randomUUID } from 'node:crypto';
import { defaultPayloadConverter, TypedSearchAttributes } from '@temporalio/common';
import { temporal } from '@temporalio/proto';
import { afterEach, expect, test } from 'vitest';
import type { Region } from '../../src/config/index.ts';
import {
  CLEAN_UP,
  COPY_IMAGE,
  JOB_MEMO,
  regionTaskQueue,
  requestedDetails,
  SWEEP_REGION,
  searchAttributes,
  TASK_QUEUE,
} from '../../src/copy-job/index.ts';
import type { DestinationRef } from '../../src/stores/index.ts';
import { sweepStores } from '../../src/sweep/index.ts';
import { type Deployment, deploy, MIB } from '../support/deployment.ts';
import { startJob, untilWritten } from '../support/jobs.ts';
import { until } from '../support/until.ts';

const { CommandType, ParentClosePolicy } = temporal.api.enums.v1;

let deployment: Deployment;
afterEach(() => deployment?.stop());

test('a sweep does not wait while transfers take all slots', async () => {
  deployment = await deploy({ limits: { concurrent_activities: 1, lanes: 1 } });
  await deployment.startSlowWorker(1000);
  const image = await deployment.addImage('ot1', 300 * MIB);
  await untilWritten(deployment, await startJob(deployment, image.id), MIB);
  const request = { region: 'ot2', task_queue: regionTaskQueue('ot2'), dry_run: true, grace: 0 };
  const sweep = { taskQueue: TASK_QUEUE, workflowId: 'sweep', args: [request] };
  expect(await deployment.client.workflow.execute(SWEEP_REGION, sweep)).toMatchObject({ found: 1 });
});

/**
 * Answers Workflow Tasks as a worker does: the next one of a workflow with a command, those of other
 * workflows with none.
 */
async function answer(workflowId: string, command: temporal.api.command.v1.ICommand): Promise<void> {
  const { client, namespace } = deployment;
  const taskQueue = { name: TASK_QUEUE };
  for (;;) {
    const { taskToken, workflowExecution } = await client.withDeadline(Date.now() + 20_000, () =>
      client.workflowService.pollWorkflowTaskQueue({ namespace, taskQueue }),
    );
    const isOurs = workflowExecution?.workflowId === workflowId;
    const commands = isOurs ? [command] : [];
    await client.workflowService.respondWorkflowTaskCompleted({ namespace, taskToken, commands });
    if (isOurs) return;
  }
}

/** Makes the record of a job, and of its clean-up that has not begun yet. Returns the clean-up's id. */
async function startCleanUpOf(imageId: string): Promise<string> {
  const { client } = deployment;
  const typedSearchAttributes = new TypedSearchAttributes([
    { key: searchAttributes.destinationRegion, value: 'ot2' },
    { key: searchAttributes.destinationImage, value: imageId },
  ]);
  const memo = { [JOB_MEMO]: requestedDetails(imageId, null, new Date()) };
  await client.workflow.start(COPY_IMAGE, {
    workflowId: imageId,
    taskQueue: TASK_QUEUE,
    memo,
    typedSearchAttributes,
  });
  const workflowId = `clean-up-of-${imageId}`;
  const { name } = searchAttributes.destinationRegion;
  const startChild = {
    workflowId,
    workflowType: { name: CLEAN_UP },
    taskQueue: { name: TASK_QUEUE },
    parentClosePolicy: ParentClosePolicy.PARENT_CLOSE_POLICY_ABANDON,
    searchAttributes: { indexedFields: { [name]: defaultPayloadConverter.toPayload('ot2') } },
  };
  await answer(imageId, {
    commandType: CommandType.COMMAND_TYPE_START_CHILD_WORKFLOW_EXECUTION,
    startChildWorkflowExecutionCommandAttributes: startChild,
  });
  return workflowId;
}

/** Sweeps a store that, as a Glance does, lists only leftovers of those images that it is told of. */
async function imagesOfSweep(): Promise<readonly string[]> {
  const images: string[] = [];
  const leftovers = async function* (refs: AsyncIterable<DestinationRef>) {
    for await (const { image_id } of refs) images.push(image_id);
    yield* [];
  };
  const region = { name: 'ot2', objectsOnly: false, store: { leftovers } } as unknown as Region;
  for await (const _ of sweepStores(deployment.client, region, { dry_run: true, grace: 0 }));
  return images;
}

const CANCEL = {
  commandType: CommandType.COMMAND_TYPE_CANCEL_WORKFLOW_EXECUTION,
  cancelWorkflowExecutionCommandAttributes: {},
};

test.each([
  ['cancelled', (id: string) => answer(id, CANCEL)],
  ['terminated', (id: string) => deployment.client.workflow.getHandle(id).terminate()],
])('a sweep of a Glance looks for the image of a job whose clean-up was %s', async (_name, end) => {
  deployment = await deploy();
  const imageId = randomUUID();
  const cleanUp = await startCleanUpOf(imageId);
  expect(await imagesOfSweep()).toEqual([]);
  await end(cleanUp);
  await until(async () => (await imagesOfSweep()).includes(imageId));
});
