/** Tests copies while the collector of their traces accepts requests and never answers. */
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Deployment, deploy, MIB } from '../support/deployment.ts';
import { eclClient } from '../support/http.ts';
import { until } from '../support/until.ts';

/** The time for which a process waits for the collector by default; milliseconds. */
const USUAL_TIMEOUT = 10_000;

let collector: Server;
const connections: Socket[] = [];
let deployment: Deployment;
beforeAll(async () => {
  collector = createServer((socket) => void connections.push(socket.on('error', () => {})));
  await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(collector.address() as AddressInfo).port}`;
  deployment = await deploy({ env: { OTEL_EXPORTER_OTLP_ENDPOINT: url, OTEL_BSP_SCHEDULE_DELAY: '50' } });
});
afterAll(async () => {
  await deployment?.stop();
  for (const connection of connections) connection.destroy();
  collector?.close();
});

test('copies go on, one warning is logged, and nothing waits at the end', async () => {
  const impatient = { OTEL_EXPORTER_OTLP_TIMEOUT: '300', OTEL_BSP_MAX_QUEUE_SIZE: '2' };
  const [facade, worker] = await Promise.all([
    deployment.startWith('serve', {}),
    deployment.startWith('worker', { env: impatient }),
  ]);
  const tenant = eclClient(deployment);
  const copy = async () => {
    const { id } = await deployment.addImage('ot1', MIB, { owner: 'tenant-a' });
    const job = await tenant.start({ image_id: id, tenant_id_dst: 'tenant-a', region_id_dst: 'ot2' });
    expect((await tenant.ended(job)).status).toBe('replicated');
  };
  const warnings = () => worker.logged('the OpenTelemetry collector takes no spans').length;
  await copy();
  await until(() => warnings() > 0);
  // Each failed batch has a connection of its own.
  const failed = connections.length;
  await copy();
  await until(() => connections.length > failed + 1);
  await copy();
  expect(warnings()).toBe(1);

  const stopping = Date.now();
  expect(await Promise.all([facade.stop('SIGTERM'), worker.stop('SIGTERM')])).toEqual([0, 0]);
  expect(Date.now() - stopping).toBeLessThan(USUAL_TIMEOUT);
});
