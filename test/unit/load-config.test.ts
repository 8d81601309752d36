import { join, relative } from 'node:path';
import { expect, test } from 'vitest';
import { loadConfig } from '../../src/config/index.ts';
import { configFiles, REGIONS, SHARED } from './config-files.ts';

const files = configFiles();
const { written } = files;

test('regions are enough: everything else has defaults', async () => {
  const config = await loadConfig(await written(REGIONS));
  expect([...config.regions.values()]).toEqual([
    {
      name: 'ot1',
      driver: 'directory',
      driverOptions: { path: 'images/ot1' },
      taskQueue: 'image-copy.ot1',
      bandwidth: null,
      objectsOnly: false,
    },
    {
      name: 'ot2',
      driver: 'directory',
      driverOptions: { path: 'images/ot2' },
      taskQueue: 'my-queue',
      bandwidth: null,
      objectsOnly: false,
    },
  ]);
  expect(config).toMatchObject({
    api: {
      host: '127.0.0.1',
      port: 9292,
      bodyLimit: 16_384,
      tls: null,
      defaultSourceRegion: null,
      sourceRegionByHost: {},
      destinationRegionByTenant: {},
    },
    identity: null,
    spool: null,
    limits: {
      lanes: { min: 4, max: 64 },
      memory: 2 ** 30,
      bandwidth: null,
      concurrentActivities: 16,
      heartbeatTimeout: 30_000,
      heartbeatInterval: 2000,
      stallAfter: 30_000,
      giveUpAfter: 3_600_000,
      noWorkerTimeout: 86_400_000,
    },
    encryption: null,
    metrics: null,
    log: { level: 'info' },
    webUi: null,
    baseDirectory: files.folder,
  });
});

test('values of the file override the defaults', async () => {
  const config = await loadConfig(
    await written(`${REGIONS}
api: { host: 0.0.0.0, port: 0, default_source_region: ot1, source_region_by_host: { a.example: ot2 } }
limits: { lanes: 8, heartbeat_timeout: 500ms, heartbeat_interval: 50ms, stall_after: 2s, give_up_after: 90 m, no_worker_timeout: 1d }
web_ui: http://temporal.example:8233/
`),
  );
  expect(config).toMatchObject({
    api: {
      host: '0.0.0.0',
      port: 0,
      defaultSourceRegion: 'ot1',
      sourceRegionByHost: new Map([['a.example', 'ot2']]),
    },
    limits: {
      lanes: 8,
      heartbeatTimeout: 500,
      heartbeatInterval: 50,
      stallAfter: 2000,
      giveUpAfter: 5_400_000,
      noWorkerTimeout: 86_400_000,
    },
    encryption: null,
    webUi: 'http://temporal.example:8233',
  });
});

test('lanes, memory and bandwidth are read as numbers', async () => {
  const { limits, regions } = await loadConfig(
    await written(`regions:
  ot1: { store: { driver: directory, path: ot1 }, bandwidth: 20MB/s }
limits: { lanes: { min: 2, max: 16 }, memory: 512MiB, bandwidth: 1 GiB/s }
`),
  );
  expect(limits).toMatchObject({ lanes: { min: 2, max: 16 }, memory: 2 ** 29, bandwidth: 2 ** 30 });
  expect(regions.get('ot1')?.bandwidth).toBe(20e6);
});

test("relative paths are relative to the file's folder, wherever the process runs", async () => {
  const file = await written(`${REGIONS}\nidentity: { driver: token-file, path: tokens.yaml }\n`);
  const config = await loadConfig(relative(process.cwd(), file));
  expect(config.baseDirectory).toBe(files.folder);
  expect(config.identity).toEqual({ driver: 'token-file', path: join(files.folder, 'tokens.yaml') });
});

test('the address of a Keystone identity ends with the version, and its times are in milliseconds', async () => {
  const keystone = 'driver: keystone, auth_url: http://a.example/identity/';
  expect((await loadConfig(await written(`${REGIONS}\nidentity: { ${keystone} }\n`))).identity).toEqual({
    driver: 'keystone',
    authUrl: 'http://a.example/identity/v3',
    verify: true,
    cacert: null,
    cacheFor: 60_000,
    cloud: null,
  });
  const more = 'cacert: ca.pem, insecure: true, cache_for: 5m, cloud: facade';
  const config = await loadConfig(await written(`${REGIONS}\nidentity: { ${keystone}, ${more} }\n`));
  expect(config.identity).toMatchObject({
    verify: false,
    cacert: join(files.folder, 'ca.pem'),
    cacheFor: 300_000,
    cloud: 'facade',
  });
});

test.each([
  ['500 MB', 500_000_000],
  ['200GiB', 214_748_364_800],
  ['1KiB', 1024],
  ['2 TB', 2e12],
])('a spool size of %s is %d bytes', async (size, bytes) => {
  const config = await loadConfig(await written(`${REGIONS}\nspool: { path: spool, size: ${size} }\n`));
  expect(config.spool).toEqual({ path: join(files.folder, 'spool'), bytes });
});

test('an absolute path stays as it is', async () => {
  const file = await written(`${REGIONS}\nidentity: { driver: token-file, path: /etc/tokens.yaml }\n`);
  expect((await loadConfig(file)).identity).toMatchObject({ path: '/etc/tokens.yaml' });
});

test('the regions of file shares and of their targets are for objects only', async () => {
  const { regions } = await loadConfig(await written(SHARED));
  expect([...regions.values()].filter(({ objectsOnly }) => objectsOnly).map(({ name }) => name)).toEqual([
    'ot1',
    'ot2',
  ]);
});

test('bandwidth may have a timetable, in the time zone of the region or of the limits', async () => {
  const { limits, regions } = await loadConfig(
    await written(`regions:
  ot1: { store: { driver: directory, path: ot1 }, bandwidth: { "08:00-18:00": 20MB/s }, time_zone: Asia/Tokyo }
  ot2: { store: { driver: directory, path: ot2 } }
limits:
  bandwidth: { "22:00-06:00": 1GB/s, else: 100MB/s }
  pair_bandwidth: { "ot1->ot2": 10MB/s, "ot2->ot1": { else: 5MB/s } }
  tenant_bandwidth: { 9c1f0a: 2MB/s }
  time_zone: Europe/Paris
`),
  );
  expect(regions.get('ot1')?.bandwidth).toEqual({
    spans: [{ from: 480, to: 1080, rate: 20e6 }],
    otherwise: null,
    timeZone: 'Asia/Tokyo',
  });
  expect(limits.bandwidth).toMatchObject({ otherwise: 100e6, timeZone: 'Europe/Paris' });
  expect(limits.pairBandwidth.get('ot1->ot2')).toBe(10e6);
  expect(limits.pairBandwidth.get('ot2->ot1')).toMatchObject({ timeZone: 'UTC' });
  expect(limits.tenantBandwidth.get('9c1f0a')).toBe(2e6);
});
