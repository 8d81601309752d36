/** Tests an upgrade and the way back with Temporal's Worker Versioning, while a copy runs. */
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Deployment, deploy, MIB } from '../support/deployment.ts';
import { endOf, startJob, untilWritten } from '../support/jobs.ts';
import type { TestProcess } from '../support/process.ts';
import { until } from '../support/until.ts';

const NAME = 'image-replicator';
const SIZE = 128 * MIB;
const SLOW_READS = join(import.meta.dirname, '../support/slow-reads.ts');

let deployment: Deployment;
beforeAll(async () => {
  deployment = await deploy({ limits: { heartbeat_timeout: '30s', lanes: 2 } });
});
afterAll(() => deployment.stop());

/** Starts a worker of a version that reads slowly, so that a copy stays under way for a while. */
function startVersion(build: string): Promise<TestProcess> {
  const args = ['--deployment', NAME, '--build-id', build];
  const env = { NODE_OPTIONS: `--import=${SLOW_READS}`, SLOW_READS: '400', SLOW_WRITES: '0' };
  return deployment.startWith('worker', { args, env });
}

/** Makes a version current, as soon as the server knows its workers. */
async function makeCurrent(build: string): Promise<void> {
  const version = ['--deployment-name', NAME, '--build-id', build];
  const set = () => deployment.temporal('worker', 'deployment', 'set-current-version', ...version, '--yes');
  await until(() =>
    set().then(
      () => true,
      () => false,
    ),
  );
}

test.each([
  ['forwards', '1', '2'],
  ['back', '2', '1'],
])('a copy under way goes on with the version that has become current (%s)', async (_way, before, after) => {
  const image = await deployment.addImage('ot1', SIZE);
  const old = await startVersion(before);
  await makeCurrent(before);
  const jobId = await startJob(deployment, image.id);
  await untilWritten(deployment, jobId, SIZE / 4);
  const next = await startVersion(after);
  await makeCurrent(after);
  expect(await old.stop('SIGTERM')).toBe(0);
  expect(await endOf(deployment, jobId)).toMatchObject({ status: 'replicated', bytes_copied: SIZE });
  expect(next.logged('attempt ended').some(({ read }) => Number(read) > 0)).toBe(true);
  const { raw } = await deployment.client.workflow.getHandle(jobId).describe();
  expect(raw.workflowExecutionInfo?.versioningInfo?.deploymentVersion?.buildId).toBe(after);
  await next.stop('SIGTERM');
});
