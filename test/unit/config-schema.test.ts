/**
 * Tests the JSON Schema of the configuration, and the examples that name it. If the configuration was changed
 * on purpose, `bin/image-replicator config schema >schema/config.json` writes the schema anew.
 */
import { readdirSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Check } from 'typebox/schema';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { configSchema, loadConfig } from '../../src/config/index.ts';

const ROOT = join(import.meta.dirname, '../..');
const examples = readdirSync(join(ROOT, 'examples'));
const exampleText = (name: string) => readFile(join(ROOT, 'examples', name), 'utf8');

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'image-replicator-schema-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function loads(value: unknown): Promise<boolean> {
  const file = join(folder, 'config.yaml');
  await writeFile(file, stringify(value));
  return loadConfig(file).then(
    () => true,
    () => false,
  );
}

const allows = async (value: unknown) => Check(await configSchema(), value);

test('the schema in schema/config.json is the one that the code makes', async () => {
  const checkedIn = await readFile(join(ROOT, 'schema/config.json'), 'utf8');
  expect(checkedIn).toBe(`${JSON.stringify(await configSchema(), null, 2)}\n`);
});

test.each(examples)('the example %s can be loaded, and its schema allows it', async (name) => {
  await loadConfig(join(ROOT, 'examples', name));
  expect(await allows(parse(await exampleText(name)))).toBe(true);
});

test.each(examples)('the example %s names the schema for editors', async (name) => {
  const [first] = (await exampleText(name)).split('\n');
  expect(first).toBe('# yaml-language-server: $schema=../schema/config.json');
});

test('the examples use every kind of store and of identity', async () => {
  const text = (await Promise.all(examples.map(exampleText))).join('\n');
  for (const driver of ['directory', 'glance', 's3', 'token-file', 'keystone']) {
    expect(text).toContain(`driver: ${driver}`);
  }
});

test.each(['configuration', 's3', 'file-shares', 'tuning'])(
  'the configurations on the page %s are valid and can be loaded',
  async (page) => {
    const text = await readFile(join(ROOT, 'docs', `${page}.md`), 'utf8');
    const blocks = [...text.matchAll(/^```yaml\n(regions:\n[\s\S]*?)^```$/gm)].map(([, yaml = '']) =>
      parse(yaml),
    );
    expect(blocks).not.toEqual([]);
    for (const config of blocks) expect([await allows(config), await loads(config)]).toEqual([true, true]);
  },
);

const store = { driver: 'directory', path: 'images' };
const regions = { ot1: { store } };
test.each<[what: string, isGood: boolean, config: unknown]>([
  ['a region alone', true, { regions }],
  ['a spool and empty limits', true, { regions, spool: { path: 'x', size: '1GiB' }, limits: {} }],
  ['a secret in a file', true, { regions, api: { secret: { file: 'secret' } } }],
  ['a secret in two places', false, { regions, api: { secret: { file: 'secret', env: 'SECRET' } } }],
  ['no region', false, { regions: {} }],
  ['a misspelt section', false, { regions, limit: {} }],
  ['a misspelt limit', false, { regions, limits: { lane: 4 } }],
  ['a time without a unit', false, { regions, limits: { stall_after: 30 } }],
  ['an unknown store', false, { regions: { ot1: { store: { driver: 'tape' } } } }],
  ['a store without its option', false, { regions: { ot1: { store: { driver: 's3' } } } }],
  ['the Task Queue of the jobs', false, { regions: { ot1: { store, task_queue: 'image-copy' } } }],
  ["another store's option", false, { regions: { ot1: { store: { ...store, bucket: 'images' } } } }],
  ['an unknown identity', false, { regions, identity: { driver: 'ldap' } }],
  [
    'a Keystone of version 2',
    false,
    { regions, identity: { driver: 'keystone', auth_url: 'http://a/v2.0' } },
  ],
])('the schema and the program agree on %s', async (_what, isGood, config) => {
  expect([await allows(config), await loads(config)]).toEqual([isGood, isGood]);
});
