import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadConfig } from '../../src/config/index.ts';
import { configFiles, REGIONS, SHARED } from './config-files.ts';

const files = configFiles();
const { written, problems } = files;

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
    'an impossible address',
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
  ['web_ui', 'an impossible address', `${REGIONS}\nweb_ui: localhost:8233\n`],
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
])('the error names %s in %s', async (key, _what, text) => {
  expect((await problems(text)).join('\n')).toContain(key);
});

test.each<[key: string, api: string]>([
  ['api.default_source_region', 'default_source_region: ot9'],
  ['api.source_region_by_host.a.example', 'source_region_by_host: { a.example: ot9 }'],
  ['api.destination_region_by_tenant.tenant-a', 'destination_region_by_tenant: { tenant-a: ot9 }'],
])('%s has to name a region of the file', async (key, api) => {
  expect(await problems(`${REGIONS}\napi: { ${api} }\n`)).toEqual([
    `${key}: there is no region 'ot9'; use one of: ot1, ot2`,
  ]);
});

test('a region of a file share cannot be a default region for images', async () => {
  const api = 'default_source_region: ot1, destination_region_by_tenant: { a: ot2, b: ot3 }';
  expect(await problems(`${SHARED}\napi: { ${api} }\n`)).toEqual([
    "api.default_source_region: the region 'ot1' belongs to a file share, and has no images",
    "api.destination_region_by_tenant.a: the region 'ot2' belongs to a file share, and has no images",
  ]);
});

test.each(['image-copy', 'image-copy.ot2/short'])(
  'the Task Queue %s, which has other workers, cannot be the one of a region',
  async (queue) => {
    expect(await problems(REGIONS.replace('my-queue', queue))).toEqual([
      `regions.ot2.task_queue: has to be a name of 1 to 200 characters, neither image-copy (the Task Queue of the jobs) nor one that ends in /short (a Task Queue of short steps); got "${queue}"`,
    ]);
  },
);

test.each(['image-copy.ot1', 'image-copy/short/2', 'my-image-copy'])(
  'a region may have the Task Queue %s',
  async (queue) => {
    const { regions } = await loadConfig(await written(REGIONS.replace('my-queue', queue)));
    expect(regions.get('ot2')?.taskQueue).toBe(queue);
  },
);

test.each(['constructor', 'toString'])(
  'the name %s of a JavaScript property is not taken for a region',
  async (name) => {
    const found = await problems(`${REGIONS}\napi: { default_source_region: ${name} }\n`);
    expect(found.join('\n')).toContain(`there is no region '${name}'`);
  },
);

test('the error for an unknown driver lists the drivers', async () => {
  expect((await problems('regions: { ot1: { store: { driver: tape } } }\n')).join('\n')).toContain(
    'directory',
  );
});

test('all faults of a file are reported at once', async () => {
  const found = await problems(`${REGIONS}\nlimits: { lanes: 0, stall_after: soon }\napi: { port: -1 }\n`);
  for (const key of ['limits.lanes', 'limits.stall_after', 'api.port']) {
    expect(found.some((problem) => problem.startsWith(key))).toBe(true);
  }
});

test('the error for a file that is not YAML names the file', async () => {
  await expect(loadConfig(await written('regions: [unclosed'))).rejects.toThrow(
    /config\.yaml.*\n.*not valid YAML/,
  );
});

test('the error for a missing file names the file', async () => {
  await expect(loadConfig(join(files.folder, 'missing.yaml'))).rejects.toThrow(/missing\.yaml.*\n.*ENOENT/);
});
