/** Tests that one trace contains everything about a job, with real processes. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Deployment, deploy, MIB } from '../support/deployment.ts';
import { type OtlpReceiver, receiveSpans, tracedTo } from '../support/otlp-receiver.ts';
import type { TestProcess } from '../support/process.ts';
import { until } from '../support/until.ts';

const REQUEST = 'POST /v2/extension/image_replicator/jobs';
const SPANS = [
  REQUEST,
  'StartWorkflow:copyImage',
  'RunActivity:planCopy',
  'RunActivity:inspectSource',
  'RunActivity:prepareDestination',
  'RunActivity:transferImage',
  'read part',
  'RunActivity:commitImage',
];

let receiver: OtlpReceiver;
let deployment: Deployment;
let worker: TestProcess;
beforeAll(async () => {
  receiver = await receiveSpans();
  deployment = await deploy({ env: tracedTo(receiver) });
  [, worker] = await Promise.all([deployment.startApi(), deployment.startWorker()]);
});
afterAll(async () => {
  await deployment?.stop();
  await receiver?.stop();
});

test('one trace leads from the request of a client to every step and part of its job', async () => {
  const { id } = await deployment.addImage('ot1', MIB, { owner: 'tenant-a' });
  const headers = {
    'X-Auth-Token': deployment.tokens.a,
    'Content-Type': 'application/json',
    baggage: 'secret=in-baggage',
  };
  const url = `${deployment.apiUrl}/v2/extension/image_replicator/jobs?signature=in-query`;
  const body = { image_id: id, tenant_id_dst: 'tenant-b', region_id_dst: 'ot2' };
  const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  const answered = await answer.text();
  expect(answer.ok, answered).toBe(true);

  const named = (name: string) => receiver.spans.find((span) => span.name === name);
  // Each process sends its own spans.
  await until(() => SPANS.every((name) => named(name) !== undefined));
  const trace = receiver.spans.filter(({ traceId }) => traceId === named(REQUEST)?.traceId);
  expect(trace.map(({ name }) => name)).toEqual(expect.arrayContaining([...SPANS]));
  const [root, ...others] = trace.filter(({ parentSpanId }) => !parentSpanId);
  expect(others).toEqual([]);
  expect(root?.name).toBe(REQUEST);
  expect(named('read part')?.parentSpanId).toBe(named('RunActivity:transferImage')?.spanId);
  // The SDK writes its log in batches.
  const line = await until(() => worker.logged('attempt ended')[0]);
  expect(line.trace_id).toBe(root?.traceId);

  for (const secret of [deployment.tokens.a, 'in-query', 'in-baggage'])
    expect(receiver.text()).not.toContain(secret);
  const { job_id } = JSON.parse(answered);
  const { events } = await deployment.client.workflow.getHandle(job_id).fetchHistory();
  const header = events?.[0]?.workflowExecutionStartedEventAttributes?.header?.fields?.['_tracer-data'];
  const passedOn = JSON.parse(Buffer.from(header?.data ?? []).toString());
  expect(passedOn).toEqual({ traceparent: expect.stringContaining(root?.traceId ?? '?') });
});
