import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import {
  type Config,
  changesBetween,
  followConfig,
  loadConfig,
  openRegions,
} from '../../src/config/index.ts';
import { until } from '../support/until.ts';

const BEFORE = `
regions:
  ot1: { store: { driver: directory, path: ot1 } }
  ot2: { store: { driver: directory, path: ot2 }, bandwidth: 5MB/s }
limits: { memory: 1GiB }
`;

async function fileOf(text: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'image-replicator-test-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, 'config.yaml');
  await writeFile(file, text);
  return file;
}

const configOf = async (text: string) => loadConfig(await fileOf(text));

/**
 * Follows a file with this text. Returns a function that changes the file, and then returns the keys that the
 * log calls changed, and those that it says need a restart. `null` leaves the file as it is.
 */
async function follow(text: string) {
  const file = await fileOf(text);
  return followFile(file, await loadConfig(file));
}

async function followFile(file: string, config: Config) {
  const logged: { changed: unknown; restart: unknown[] }[] = [];
  let restart: unknown[] = [];
  const log = {
    info: ({ changed }: { changed?: unknown }) => {
      logged.push({ changed, restart });
      restart = [];
    },
    warn: ({ key }: { key?: unknown }) => void restart.push(key),
    error: ({ err }: { err?: unknown }) => expect.unreachable(String(err)),
  };
  const regions = await openRegions(config);
  const live = followConfig({ file, config, regions, open: openRegions, log });
  onTestFinished(() => live.close());
  return async (changed: string | null) => {
    const before = changed === null ? 0 : logged.length;
    if (changed !== null) {
      await writeFile(file, changed);
      process.emit('SIGHUP');
    }
    return until(() => logged[before]);
  };
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
])('a change of %s takes effect while a process runs', async (_what, after, key) => {
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
])('a change of %s needs a restart', async (_what, after, key) => {
  const changes = changesBetween(await configOf(BEFORE), await configOf(after));
  expect(changes).toEqual({ live: [], restart: [key] });
});

test('a share whose change was refused is not logged as changed when the file changes again', async () => {
  const change = await follow(BEFORE);
  const share = (tenants: string) =>
    `${BEFORE}shares: { s: { region: ot1, targets: { b: ot2 }, tenants: [${tenants}] } }\n`;
  expect(await change(share(''))).toEqual({ changed: [], restart: ['shares'] });
  expect(await change(share('a'))).toEqual({ changed: [], restart: ['shares'] });
  expect(await change(BEFORE)).toEqual({ changed: [], restart: [] });
});

test('a region that was removed and comes back with another store is not logged as changed', async () => {
  const change = await follow(BEFORE);
  expect(await change(BEFORE.replace(/ {2}ot1.*\n/, ''))).toEqual({ changed: [], restart: ['regions.ot1'] });
  const elsewhere = BEFORE.replace('path: ot1', 'path: elsewhere');
  expect(await change(elsewhere)).toEqual({ changed: [], restart: ['regions.ot1.store.path'] });
});

test('what took effect while a process runs counts as unchanged from then on', async () => {
  const change = await follow(BEFORE);
  const added = BEFORE.replace('limits', '  ot3: { store: { driver: directory, path: x } }\nlimits');
  expect(await change(added)).toEqual({ changed: ['regions.ot3'], restart: [] });
  const more = added.replace('1GiB', '2GiB');
  expect(await change(more)).toEqual({ changed: ['limits.memory'], restart: [] });
  const moved = more.replace('path: x', 'path: y');
  expect(await change(moved)).toEqual({ changed: [], restart: ['regions.ot3.store.path'] });
});

test('a change between the first reading of the file and the first look at it is not missed', async () => {
  const file = await fileOf(BEFORE);
  const config = await loadConfig(file);
  await writeFile(file, BEFORE.replace('1GiB', '2GiB'));
  const change = await followFile(file, config);
  expect(await change(null)).toEqual({ changed: ['limits.memory'], restart: [] });
});
