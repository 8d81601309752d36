import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { isFinal } from '../../src/copy-job/index.ts';
import type { JobView } from '../../src/job-service/index.ts';
import { type Deployment, deploy, MIB } from '../support/deployment.ts';
import { type EclClient, eclClient } from '../support/http.ts';
import type { TestProcess } from '../support/process.ts';
import { until } from '../support/until.ts';

const SLOW_READS = join(import.meta.dirname, '../support/slow-reads.ts');
const SIZE = 64 * MIB;

let deployment: Deployment;
let tenant: EclClient;
let imageId: string;
let copies: TestProcess;
const startCopies = async () => {
  copies = await deployment.startWorker('--region', 'ot2', '--no-workflows');
};
beforeAll(async () => {
  const env = { NODE_OPTIONS: `--import=${SLOW_READS}`, SLOW_READS: '150' };
  deployment = await deploy({ limits: { lanes: 1 }, env });
  await deployment.startWorker('--region', 'ot1');
  await Promise.all([startCopies(), deployment.startApi()]);
  tenant = eclClient(deployment);
  imageId = (await deployment.addImage('ot1', SIZE, { owner: 'tenant-a' })).id;
});
afterAll(() => deployment.stop());

/** Adds each new view of a job to `seen`, until one of them meets the condition. */
async function watch(jobId: string, seen: JobView[], condition: (view: JobView) => boolean): Promise<void> {
  await until(async () => {
    const view = await tenant.job(jobId);
    seen.push(view);
    return condition(view);
  });
}

const byCommand = (jobId: string, ...args: string[]) => deployment.command('cancel', jobId, ...args);

test.each<[string, boolean, (jobId: string) => Promise<unknown>]>([
  ['a signal', true, (id) => deployment.client.workflow.getHandle(id).signal('cancel')],
  ['an update', true, (id) => byCommand(id)],
  ['the Temporal CLI', true, (id) => deployment.temporal('workflow', 'cancel', '-w', id)],
  ['force', true, (id) => byCommand(id, '--force')],
  ['an update between two attempts', false, (id) => byCommand(id)],
  ['force between two attempts', false, (id) => byCommand(id, '--force')],
])(
  'the progress of a copy does not fall when the copy is cancelled by %s',
  async (_how, hasWorker, cancel) => {
    const jobId = await tenant.start({ image_id: imageId, tenant_id_dst: 'tenant-a' });
    const seen: JobView[] = [];
    await watch(jobId, seen, ({ copy_progress }) => copy_progress >= 25);
    if (!hasWorker) {
      await copies.stop('SIGKILL');
      await watch(jobId, seen, ({ last_fault }) => last_fault?.code === 'worker_lost');
    }
    const cancelled = cancel(jobId);
    await watch(jobId, seen, ({ status }) => status === 'canceling' || isFinal(status));
    if (!hasWorker) await startCopies();
    await watch(jobId, seen, ({ status }) => isFinal(status));
    await cancelled;
    seen.push(await tenant.job(jobId));

    expect(seen.at(-1)?.status).toBe('canceled');
    for (const shown of ['copy_progress', 'bytes_copied'] as const) {
      const numbers = seen.map((view) => view[shown]);
      expect(numbers).toEqual(numbers.toSorted((one, other) => one - other));
    }
    expect(seen.at(-1)?.copy_progress).toBeLessThan(100);
  },
);
