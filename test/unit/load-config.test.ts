import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ConfigError, loadConfig } from '../../src/config/index.ts';

const REGIONS = `
regions:
  ot1: { store: { driver: directory, path: images/ot1 } }
  ot2: { store: { driver: directory, path: images/ot2 }, task_queue: my-queue }
`;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'image-replicator-config-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function written(text: string): Promise<string> {
  const file = join(folder, 'config.yaml');
  await writeFile(file, text);
  return file;
}

/** Returns the problems of a configuration that begins with two good regions. */
async function problems(text: string): Promise<readonly string[]> {
  const error: unknown = await loadConfig(await written(text)).catch((refusal) => refusal);
  if (error instanceof ConfigError) return error.problems;
  throw error instanceof Error ? error : new Error('the configuration was accepted');
}

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
      stallAfter: 30_000,
      giveUpAfter: 3_600_000,
      noWorkerTimeout: 86_400_000,
    },
    encryption: null,
    metrics: null,
    log: { level: 'info' },
    webUi: null,
    baseDirectory: folder,
  });
});

test('what the file says goes before the defaults', async () => {
  const config = await loadConfig(
    await written(`${REGIONS}
api: { host: 0.0.0.0, port: 0, default_source_region: ot1, source_region_by_host: { a.example: ot2 } }
limits: { lanes: 8, heartbeat_timeout: 500ms, stall_after: 2s, give_up_after: 90 m, no_worker_timeout: 1d }
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
  expect(config.baseDirectory).toBe(folder);
  expect(config.identity).toEqual({ driver: 'token-file', path: join(folder, 'tokens.yaml') });
});

test('an identity of Keystone has its address with the version, and its times in milliseconds', async () => {
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
    cacert: join(folder, 'ca.pem'),
    cacheFor: 300_000,
    cloud: 'facade',
  });
});

test.each([
  ['500 MB', 500_000_000],
  ['200GiB', 214_748_364_800],
  ['1KiB', 1024],
  ['2 TB', 2e12],
])('a spool of %s has %d bytes', async (size, bytes) => {
  const config = await loadConfig(await written(`${REGIONS}\nspool: { path: spool, size: ${size} }\n`));
  expect(config.spool).toEqual({ path: join(folder, 'spool'), bytes });
});

test('an absolute path stays what it is', async () => {
  const file = await written(`${REGIONS}\nidentity: { driver: token-file, path: /etc/tokens.yaml }\n`);
  expect((await loadConfig(file)).identity).toMatchObject({ path: '/etc/tokens.yaml' });
});

test.each<[key: string, what: string, text: string]>([
  ['regoins', 'an unknown key', `${REGIONS}\nregoins: {}\n`],
  ['lane', 'an unknown limit', `${REGIONS}\nlimits: { lane: 4 }\n`],
  [
    'limits.heartbeat_timeout',
    'a duration without a unit',
    `${REGIONS}\nlimits: { heartbeat_timeout: 30 }\n`,
  ],
  ['limits.stall_after', 'a duration in words', `${REGIONS}\nlimits: { stall_after: 30 seconds }\n`],
  ['limits.give_up_after', 'a month', `${REGIONS}\nlimits: { give_up_after: 30d }\n`],
  ['limits.give_up_after', 'a negative duration', `${REGIONS}\nlimits: { give_up_after: -1h }\n`],
  ['limits.lanes', 'no lanes', `${REGIONS}\nlimits: { lanes: 0 }\n`],
  ['limits.lanes.min', 'more lanes than there may be', `${REGIONS}\nlimits: { lanes: { min: 9, max: 8 } }\n`],
  ['limits.bandwidth', 'a size without a time', `${REGIONS}\nlimits: { bandwidth: 5MB }\n`],
  ['api.port', 'a port in text', `${REGIONS}\napi: { port: http }\n`],
  ['api.port', 'a port that does not exist', `${REGIONS}\napi: { port: 65536 }\n`],
  [
    'identity.path: is missing',
    'an identity without a path',
    `${REGIONS}\nidentity: { driver: token-file }\n`,
  ],
  ['identity.driver', 'an unknown identity', `${REGIONS}\nidentity: { driver: ldap, path: x }\n`],
  [
    'identity.driver: there is no driver',
    'a driver of a common name',
    `${REGIONS}\nidentity: { driver: toString }\n`,
  ],
  ['identity', 'an identity without a driver', `${REGIONS}\nidentity: { path: x }\n`],
  ['auth_url', 'a Keystone without an address', `${REGIONS}\nidentity: { driver: keystone }\n`],
  [
    'identity.auth_url',
    'a Keystone of another version',
    `${REGIONS}\nidentity: { driver: keystone, auth_url: "http://a.example/v2.0" }\n`,
  ],
  [
    'identity.auth_url',
    'an address that is none',
    `${REGIONS}\nidentity: { driver: keystone, auth_url: "a.example" }\n`,
  ],
  [
    'path',
    "another driver's option",
    `${REGIONS}\nidentity: { driver: keystone, auth_url: "http://a.example", path: x }\n`,
  ],
  ['spool.size', 'a size without a unit', `${REGIONS}\nspool: { path: spool, size: 100 }\n`],
  ['spool.size', 'a size of nothing', `${REGIONS}\nspool: { path: spool, size: 0 GiB }\n`],
  ['spool.size', 'a size in an unknown unit', `${REGIONS}\nspool: { path: spool, size: 10 GiBi }\n`],
  ['size', 'a spool without a size', `${REGIONS}\nspool: { path: spool }\n`],
  ['web_ui', 'an address that is none', `${REGIONS}\nweb_ui: localhost:8233\n`],
  ['regions', 'no regions', 'regions: {}\n'],
  ['regions', 'no region key', 'api: {}\n'],
  ['regions.ot1', 'a region without a store', 'regions: { ot1: {} }\n'],
  ['bad name!', 'a region name with spaces', 'regions: { "bad name!": { store: { driver: directory } } }\n'],
  [
    'regions.ot1.store.driver',
    'an unknown driver',
    'regions: { ot1: { store: { driver: tape, path: x } } }\n',
  ],
  ['regions.ot1.store', 'a missing driver option', 'regions: { ot1: { store: { driver: directory } } }\n'],
  [
    'pth',
    'an unknown driver option',
    'regions: { ot1: { store: { driver: directory, path: x, pth: y } } }\n',
  ],
  [
    'regions.ot1.store.path',
    'a driver option of the wrong type',
    'regions: { ot1: { store: { driver: directory, path: 7 } } }\n',
  ],
  ['the file', 'an empty file', ''],
  ['the file', 'a list', '- regions\n'],
])('%s is named as the key at fault of %s', async (key, _what, text) => {
  expect((await problems(text)).join('\n')).toContain(key);
});

test.each<[key: string, api: string]>([
  ['api.default_source_region', 'default_source_region: ot9'],
  ['api.source_region_by_host.a.example', 'source_region_by_host: { a.example: ot9 }'],
  ['api.destination_region_by_tenant.tenant-a', 'destination_region_by_tenant: { tenant-a: ot9 }'],
])('%s may only name a region of the file', async (key, api) => {
  expect(await problems(`${REGIONS}\napi: { ${api} }\n`)).toEqual([
    `${key}: there is no region 'ot9'; use one of: ot1, ot2`,
  ]);
});

const SHARED = `${REGIONS}
  ot3: { store: { driver: directory, path: other } }
shares: { my-share: { region: ot1, targets: { training: ot2 }, tenants: [] } }
`;

test('the regions of shares, and of their targets, are for objects only', async () => {
  const { regions } = await loadConfig(await written(SHARED));
  expect([...regions.values()].filter(({ objectsOnly }) => objectsOnly).map(({ name }) => name)).toEqual([
    'ot1',
    'ot2',
  ]);
});

test('a region of a share is none that images are copied from or to by default', async () => {
  const api = 'default_source_region: ot1, destination_region_by_tenant: { a: ot2, b: ot3 }';
  expect(await problems(`${SHARED}\napi: { ${api} }\n`)).toEqual([
    "api.default_source_region: the region 'ot1' belongs to a file share, and has no images",
    "api.destination_region_by_tenant.a: the region 'ot2' belongs to a file share, and has no images",
  ]);
});

test.each(['constructor', 'toString'])('a region is not known by the name %s', async (name) => {
  const found = await problems(`${REGIONS}\napi: { default_source_region: ${name} }\n`);
  expect(found.join('\n')).toContain(`there is no region '${name}'`);
});

test('an unknown driver is answered with those that there are', async () => {
  expect((await problems('regions: { ot1: { store: { driver: tape } } }\n')).join('\n')).toContain(
    'directory',
  );
});

test('all that is wrong is told at once', async () => {
  const found = await problems(`${REGIONS}\nlimits: { lanes: 0, stall_after: soon }\napi: { port: -1 }\n`);
  for (const key of ['limits.lanes', 'limits.stall_after', 'api.port']) {
    expect(found.some((problem) => problem.startsWith(key))).toBe(true);
  }
});

test('a file that is no YAML is told so, with its name', async () => {
  await expect(loadConfig(await written('regions: [unclosed'))).rejects.toThrow(/config\.yaml.*\n.*not YAML/);
});

test('a file that is not there is told so, with its name', async () => {
  await expect(loadConfig(join(folder, 'missing.yaml'))).rejects.toThrow(/missing\.yaml.*\n.*ENOENT/);
});
