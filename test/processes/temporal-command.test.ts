/**
 * Tests what an operator can do with Temporal's own command alone: each of its commands does what its name
 * says.
 */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Deployment, deploy, MIB } from '../support/deployment.ts';
import { bytesWritten, closedAs, showJob, untilWritten } from '../support/jobs.ts';
import type { TestProcess } from '../support/process.ts';
import { until } from '../support/until.ts';

let deployment: Deployment;
let worker: TestProcess;
let image: string;
let small: string;
beforeAll(async () => {
  deployment = await deploy();
  worker = await deployment.startSlowWorker(300);
  image = (await deployment.addImage('ot1', 96 * MIB)).id;
  small = (await deployment.addImage('ot1', MIB)).id;
});
afterAll(() => deployment?.stop());

const temporal = (...args: string[]) => deployment.temporal('workflow', ...args);

/** Starts a job whose copy has the job's id. */
async function start(id: string, imageId: string): Promise<void> {
  const destination = { region: 'ot2', image_id: id };
  const input = JSON.stringify({ source: { region: 'ot1', image_id: imageId }, destination });
  const job = ['--type', 'copyImage', '--task-queue', 'image-copy', '--workflow-id', id];
  await temporal('start', ...job, '--input', input, '--priority-key', '2');
}

/** Starts a job of some seconds, and waits until some of its copy is written. */
async function running(id: string): Promise<string> {
  await start(id, image);
  await untilWritten(deployment, id, MIB);
  return id;
}

const untilClosed = (id: string, how: string) => until(async () => (await closedAs(deployment, id)) === how);
const untilNothingIsLeft = (id: string) =>
  until(async () => !(await deployment.files('ot2')).some((name) => name.includes(id)));

/** Waits until no more of a copy is written. Returns how much of it is there. */
async function untilAtRest(id: string): Promise<number> {
  let before = -1;
  const held = await until(async () => {
    await sleep(1500);
    const now = await bytesWritten(deployment, id);
    const isAtRest = now === before;
    before = now;
    return isAtRest && now;
  });
  expect(held).toBeLessThan(96 * MIB);
  return held;
}

/** Describes the files of an image. A file that is written again has another inode or another time. */
async function imageOnDisk(id: string): Promise<readonly string[]> {
  return Promise.all(
    ['data', 'image.json'].map(async (name) => {
      const { ino, size, mtimeMs } = await stat(join(deployment.folder, 'ot2', id, name));
      return `${name}: inode ${ino}, ${size} bytes, of ${mtimeMs}`;
    }),
  );
}

test('pause, unpause, reset and cancel of the workflow', async () => {
  const id = await running('levers');
  await temporal('pause', '-w', id, '--reason', 'maintenance');
  const held = await untilAtRest(id);
  await temporal('unpause', '-w', id);
  await untilWritten(deployment, id, held + MIB);
  await temporal('reset', '-w', id, '--type', 'LastWorkflowTask', '--reason', 'try');
  await until(async () => (await bytesWritten(deployment, id)) > 0);
  await temporal('cancel', '-w', id);
  await untilClosed(id, 'CANCELLED');
  await untilNothingIsLeft(id);
});

test('pause and unpause of the activity', async () => {
  const id = await running('one-step');
  const { pendingActivities } = JSON.parse(await temporal('describe', '-w', id, '--output', 'json'));
  const step = ['-w', id, '--activity-id', pendingActivities[0].activityId];
  await deployment.temporal('activity', 'pause', ...step, '--reason', 'maintenance');
  const held = await untilAtRest(id);
  await deployment.temporal('activity', 'unpause', ...step);
  await untilWritten(deployment, id, held + MIB);
  await temporal('cancel', '-w', id);
  await untilClosed(id, 'CANCELLED');
});

test.each(['LastWorkflowTask', 'FirstWorkflowTask'])(
  'a reset of an ended job to its %s finds the image, and does not make it again',
  async (type) => {
    const id = `ended-${type}`;
    await start(id, small);
    await untilClosed(id, 'COMPLETED');
    const before = await imageOnDisk(id);
    const { runId } = await deployment.client.workflow.getHandle(id).describe();
    await temporal('reset', '-w', id, '--type', type, '--reason', 'try');
    await until(async () => {
      const latest = await deployment.client.workflow.getHandle(id).describe();
      return latest.runId !== runId && latest.status.name === 'COMPLETED';
    });
    expect(await imageOnDisk(id)).toEqual(before);
    expect((await showJob(deployment, id)).status).toBe('replicated');
    const reads = worker.logged('attempt ended').filter(({ job_id }) => job_id === id);
    expect(reads.reduce((sum, { read }) => sum + Number(read), 0)).toBe(MIB);
  },
);

test('one cancel for all jobs that match a query', async () => {
  const ids = await Promise.all([running('batch-1'), running('batch-2')]);
  const query = "WorkflowType = 'copyImage' AND ExecutionStatus = 'Running' AND CopySourceRegion = 'ot1'";
  await temporal('cancel', '--query', query, '--reason', 'the region is down', '--yes');
  for (const id of ids) {
    await untilClosed(id, 'CANCELLED');
    await untilNothingIsLeft(id);
  }
});
