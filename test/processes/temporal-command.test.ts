/** An operator with nothing but Temporal's own command: each of its levers does what its name says. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Deployment, deploy, MIB } from '../support/deployment.ts';
import { bytesWritten, closedAs, untilWritten } from '../support/jobs.ts';
import { until } from '../support/until.ts';

let deployment: Deployment;
let image: string;
beforeAll(async () => {
  deployment = await deploy();
  await deployment.startSlowWorker(300);
  image = (await deployment.addImage('ot1', 96 * MIB)).id;
});
afterAll(() => deployment?.stop());

const temporal = (...args: string[]) => deployment.temporal('workflow', ...args);

/** Starts a job whose copy has the job's id, and waits until some of it is written. */
async function running(id: string): Promise<string> {
  const destination = { region: 'ot2', image_id: id };
  const input = JSON.stringify({ source: { region: 'ot1', image_id: image }, destination });
  const job = ['--type', 'copyImage', '--task-queue', 'image-copy', '--workflow-id', id];
  await temporal('start', ...job, '--input', input, '--priority-key', '2');
  await untilWritten(deployment, id, MIB);
  return id;
}

const untilClosed = (id: string, how: string) => until(async () => (await closedAs(deployment, id)) === how);
const untilNothingIsLeft = (id: string) =>
  until(async () => !(await deployment.files('ot2')).some((name) => name.includes(id)));

test('pause, unpause, reset, cancel', async () => {
  const id = await running('levers');
  await temporal('pause', '-w', id, '--reason', 'maintenance');
  let before = -1;
  const held = await until(async () => {
    await sleep(1500);
    const now = await bytesWritten(deployment, id);
    const isAtRest = now === before;
    before = now;
    return isAtRest && now;
  });
  expect(held).toBeLessThan(96 * MIB);
  await temporal('unpause', '-w', id);
  await untilWritten(deployment, id, held + MIB);
  await temporal('reset', '-w', id, '--type', 'LastWorkflowTask', '--reason', 'try');
  await until(async () => (await bytesWritten(deployment, id)) > 0);
  await temporal('cancel', '-w', id);
  await untilClosed(id, 'CANCELLED');
  await untilNothingIsLeft(id);
});

test('a batch of cancels', async () => {
  const ids = await Promise.all([running('batch-1'), running('batch-2')]);
  const query = "WorkflowType = 'copyImage' AND ExecutionStatus = 'Running' AND CopySourceRegion = 'ot1'";
  await temporal('cancel', '--query', query, '--reason', 'the region is down', '--yes');
  for (const id of ids) {
    await untilClosed(id, 'CANCELLED');
    await untilNothingIsLeft(id);
  }
});
