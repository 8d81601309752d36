import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Deployment, deploy, MIB } from '../support/deployment.ts';
import type { TestProcess } from '../support/process.ts';
import { until } from '../support/until.ts';

let deployment: Deployment;
let facade: TestProcess;
let worker: TestProcess;
beforeAll(async () => {
  deployment = await deploy();
  facade = await deployment.startApi();
  worker = await deployment.startWorker();
});
afterAll(() => deployment.stop());

const linesOf = (process: TestProcess) =>
  process
    .output()
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line));

test("every line in the logs of facade and worker about a job has the client's request id", async () => {
  const { id } = await deployment.addImage('ot1', MIB, { owner: 'tenant-a' });
  const headers = { 'X-Auth-Token': deployment.tokens.a, 'Content-Type': 'application/json' };
  const url = `${deployment.apiUrl}/v2/extension/image_replicator/jobs`;
  const body = { image_id: id, tenant_id_dst: 'tenant-b', region_id_dst: 'ot2' };
  const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  const text = await answer.text();
  expect(answer.ok, text).toBe(true);
  const { job_id } = JSON.parse(text);
  const request_id = answer.headers.get('x-openstack-request-id');
  const known = { job_id, tenant_id: 'tenant-a', request_id };
  const ofWorker = await until(() => {
    const found = linesOf(worker).filter((line) => line.workflowId === job_id);
    return found.some(({ msg }) => msg === 'attempt ended') && found;
  });
  for (const line of ofWorker) expect(line).toMatchObject(known);
  const ordered = linesOf(facade).find(({ msg }) => msg === 'job ordered');
  expect(ordered).toMatchObject(known);
  expect(linesOf(facade).some((line) => line.reqId === request_id)).toBe(true);
});
