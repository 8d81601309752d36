/**
 * Tests what is traced if only one of the processes is traced. A process without an endpoint loads nothing of
 * OpenTelemetry.
 */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Deployment, deploy, MIB } from '../support/deployment.ts';
import { eclClient } from '../support/http.ts';
import { endOf, startJob } from '../support/jobs.ts';
import { type OtlpReceiver, receiveSpans, tracedTo } from '../support/otlp-receiver.ts';
import type { TestProcess } from '../support/process.ts';
import { until } from '../support/until.ts';

const TOLD_MODULES = { NODE_OPTIONS: `--import=${join(import.meta.dirname, '../support/told-modules.ts')}` };

let receiver: OtlpReceiver;
beforeAll(async () => {
  receiver = await receiveSpans();
});
afterAll(() => receiver?.stop());

/** Orders a copy through the facade, and waits for its end. Returns the id of the job. */
async function copyByFacade(deployment: Deployment): Promise<string> {
  const { id } = await deployment.addImage('ot1', MIB, { owner: 'tenant-a' });
  const tenant = eclClient(deployment);
  const job = await tenant.start({ image_id: id, tenant_id_dst: 'tenant-a', region_id_dst: 'ot2' });
  expect((await tenant.ended(job)).status).toBe('replicated');
  return job;
}

/** Orders a copy with the command, and waits for its end. Returns the id of the job. */
async function copyByCommand(deployment: Deployment): Promise<string> {
  const job = await startJob(deployment, (await deployment.addImage('ot1', MIB)).id);
  expect((await endOf(deployment, job)).status).toBe('replicated');
  return job;
}

describe.each(['serve', 'worker'] as const)('if only the %s is traced', (traced) => {
  let deployment: Deployment;
  let withTraces: TestProcess;
  let without: TestProcess;
  beforeAll(async () => {
    deployment = await deploy({ env: TOLD_MODULES });
    [withTraces, without] = await Promise.all([
      deployment.startWith(traced, { env: tracedTo(receiver) }),
      deployment.startWith(traced === 'serve' ? 'worker' : 'serve', {}),
    ]);
  });
  afterAll(() => deployment?.stop());

  /** Returns the spans that name a job. */
  const spansOf = (job: string) =>
    receiver.spans.filter(({ attributes }) => attributes.some(({ value }) => value.stringValue === job));

  test.runIf(traced === 'serve')('the trace ends with the start of the workflow', async () => {
    const job = await copyByFacade(deployment);
    const started = await until(() => spansOf(job).find(({ name }) => name === 'StartWorkflow:copyImage'));
    const root = await until(() => receiver.spans.find(({ spanId }) => spanId === started.parentSpanId));
    expect(root.name).toBe('POST /v2/extension/image_replicator/jobs');
    expect(receiver.text()).not.toContain('RunActivity');
  });

  test.runIf(traced === 'worker').each([
    ['the facade', copyByFacade],
    ['a plain client of Temporal', copyByCommand],
  ])('each step of a job that %s has started has a trace of its own', async (_who, copy) => {
    const job = await copy(deployment);
    const steps = await until(() => {
      const spans = spansOf(job);
      return spans.some(({ name }) => name === 'RunActivity:commitImage') ? spans : undefined;
    });
    expect(steps.filter(({ parentSpanId }) => parentSpanId)).toEqual([]);
    expect(new Set(steps.map(({ traceId }) => traceId)).size).toBe(steps.length);
  });

  test('the other process has loaded nothing of OpenTelemetry', () => {
    const loaded = (one: TestProcess) => one.output().match(/^loads .*$/gm) ?? [];
    expect(loaded(withTraces)).not.toEqual([]);
    expect(loaded(without)).toEqual([]);
  });
});
