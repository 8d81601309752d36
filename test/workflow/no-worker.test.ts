import { join } from 'node:path';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterAll, afterEach, beforeAll, beforeEach, expect, inject, test } from 'vitest';
import { loadConfig } from '../../src/config/index.ts';
import { COPY_IMAGE, searchAttributes, TASK_QUEUE } from '../../src/copy-job/index.ts';
import { encodeSearchAttributeIndexedValueType } from '../../src/temporal/sdk-internals.ts';
import { type Deployment, deploy } from '../support/deployment.ts';
import { until } from '../support/until.ts';
import { endOf } from '../support/workflow-rig.ts';
import { quietRuntime, type TestWorkers, testWorkers } from '../support/workflow-workers.ts';

const HOUR = 60 * 60 * 1000;
const DAY = 24 * HOUR;

let environment: TestWorkflowEnvironment;
let deployment: Deployment;
beforeAll(async () => {
  quietRuntime();
  environment = await TestWorkflowEnvironment.createTimeSkipping({
    server: { executable: { type: 'existing-path', path: inject('timeSkippingProgram') } },
  });
  await registerSearchAttributes();
  deployment = await deploy();
});
afterAll(async () => {
  await deployment?.stop();
  await environment?.teardown();
});

/** Adds the search attributes. The time-skipping server can add them, but cannot list them. */
async function registerSearchAttributes(): Promise<void> {
  const { operatorService } = environment.connection;
  const types = Object.values(searchAttributes).map(({ name, type }) => [
    name,
    encodeSearchAttributeIndexedValueType(type),
  ]);
  await operatorService.addSearchAttributes({ searchAttributes: Object.fromEntries(types) });
}

let workers: TestWorkers;
beforeEach(async () => {
  const { limits } = await loadConfig(join(deployment.folder, 'config.yaml'));
  const { client, nativeConnection: connection } = environment;
  workers = testWorkers({ connection, client, regions: deployment.regions, limits });
  await workers.startWorkflows();
});
afterEach(() => workers.stop());

async function startJob(workflowId: string) {
  const image = await deployment.addImage('ot1', 1000);
  const input = { source: { region: 'ot1', image_id: image.id }, destination: { region: 'ot2' } };
  return environment.client.workflow.start(COPY_IMAGE, { taskQueue: TASK_QUEUE, workflowId, args: [input] });
}

test('a step that no worker takes for 24 hours ends the job as error, with no_worker', async () => {
  const { testService } = environment.connection;
  const handle = await startJob('waits for a day');
  await until(async () => (await handle.describe()).raw.pendingActivities?.length === 1);
  // The server does not skip time while an activity waits for its worker.
  await testService?.unlockTimeSkipping({});
  await environment.sleep(DAY + HOUR);
  await testService?.lockTimeSkipping({});
  await until(async () => (await handle.describe()).status.name !== 'RUNNING');
  const { closed, details, failure } = await endOf({ handle });
  const fault = {
    code: 'no_worker',
    side: null,
    message: 'no worker has come to Task Queue image-copy.ot2/short',
  };
  expect(closed).toBe('FAILED');
  expect(failure).toMatchObject({ type: 'no_worker', details: [fault] });
  expect(details).toMatchObject({ status: 'error', phase: null, fault });
  const waited = Date.parse(details.updated_at) - Date.parse(details.created_at);
  expect(waited).toBeGreaterThanOrEqual(DAY);
});
