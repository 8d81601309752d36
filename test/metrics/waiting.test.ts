import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Deployment, deploy, MIB } from '../support/deployment.ts';
import { freePort } from '../support/free-port.ts';
import { until } from '../support/until.ts';
import { ask, valueIn } from './ask.ts';

const PAIR = 'source_region="ot1",destination_region="ot2"';

let deployment: Deployment;
let port: number;
beforeAll(async () => {
  deployment = await deploy();
  port = await freePort();
  await deployment.startWith('serve', { args: ['--metrics-port', String(port)] });
});
afterAll(() => deployment.stop());

test('a facade reports how many jobs wait and for how long, and that no worker polls', async () => {
  const { id } = await deployment.addImage('ot1', MIB);
  for (const _ of [1, 2]) await deployment.command('copy', id, '--from', 'ot1', '--to', 'ot2', '--detach');
  const waiting = `image_replicator_jobs_open{status="replicate_requested",${PAIR}}`;
  const body = await until(async () => {
    const answer = await ask(port, '/metrics');
    return valueIn(answer.body, waiting) === 2 && answer.body;
  });
  const age = valueIn(body, 'image_replicator_oldest_waiting_job_age_seconds');
  expect(age).toBeGreaterThan(0);
  expect(age).toBeLessThan(60);
  expect(valueIn(body, 'image_replicator_task_queue_pollers{task_queue="image-copy"}')).toBe(0);
  expect(valueIn(body, 'image_replicator_task_queue_backlog{task_queue="image-copy"}')).toBe(2);
  expect(
    valueIn(body, 'image_replicator_task_queue_backlog_age_seconds{task_queue="image-copy"}'),
  ).toBeGreaterThan(0);
});
