import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { changesBetween, loadConfig } from '../../src/config/index.ts';

const BEFORE = `
regions:
  ot1: { store: { driver: directory, path: ot1 } }
  ot2: { store: { driver: directory, path: ot2 }, bandwidth: 5MB/s }
limits: { memory: 1GiB }
`;

async function configOf(text: string) {
  const folder = await mkdtemp(join(tmpdir(), 'image-replicator-test-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, 'config.yaml'), text);
  return loadConfig(join(folder, 'config.yaml'));
}

test.each([
  ['a limit', BEFORE.replace('1GiB', '2GiB'), 'limits.memory'],
  ["a region's bandwidth", BEFORE.replace('5MB/s', '6MB/s'), 'regions.ot2.bandwidth'],
  [
    'a region that is new',
    BEFORE.replace('limits', '  ot3: { store: { driver: directory, path: x } }\nlimits'),
    'regions.ot3',
  ],
  ['a limit of tenants', `${BEFORE}tenant_limits: { open_jobs: 5 }\n`, 'tenant_limits'],
  ['a default region', `${BEFORE}api: { default_source_region: ot1 }\n`, 'api.default_source_region'],
])('%s takes effect while a process runs', async (_what, after, key) => {
  const changes = changesBetween(await configOf(BEFORE), await configOf(after));
  expect(changes).toEqual({ live: [key], restart: [] });
});

test.each([
  ['a store', BEFORE.replace('path: ot1', 'path: elsewhere'), 'regions.ot1.store.path'],
  ['a region that is gone', BEFORE.replace(/ {2}ot1.*\n/, ''), 'regions.ot1'],
  ['a Task Queue', BEFORE.replace('ot1 }', 'ot1 }, task_queue: q'), 'regions.ot1.task_queue'],
  ['the address of the facade', `${BEFORE}api: { port: 1234 }\n`, 'api.port'],
  ['the spool', `${BEFORE}spool: { path: s, size: 1GiB }\n`, 'spool'],
  [
    'the number of activities',
    BEFORE.replace('1GiB', '1GiB, concurrent_activities: 3'),
    'limits.concurrent_activities',
  ],
  ['the heartbeats', BEFORE.replace('1GiB', '1GiB, heartbeat_interval: 3s'), 'limits.heartbeat_interval'],
  [
    'a share of a region that has had images',
    `${BEFORE}shares: { s: { region: ot1, targets: { b: ot2 }, tenants: [] } }\n`,
    'shares',
  ],
])('%s needs a restart', async (_what, after, key) => {
  const changes = changesBetween(await configOf(BEFORE), await configOf(after));
  expect(changes).toEqual({ live: [], restart: [key] });
});
