import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { type Deployment, deploy } from '../support/deployment.ts';

let deployment: Deployment;
beforeAll(async () => {
  deployment = await deploy();
});
afterAll(() => deployment.stop());

test('`--help` lists the commands and the exit codes', async () => {
  const { code, stdout } = await deployment.command('--help');
  expect(code).toBe(0);
  for (const name of [
    'serve',
    'worker',
    'copy',
    'watch',
    'show',
    'list',
    'cancel',
    'retry',
    'images',
    'check',
    'config',
    'completion',
  ]) {
    expect(stdout).toMatch(new RegExp(`^ +${name}\\b`, 'm'));
  }
  expect(stdout).toContain('Exit codes');
  expect(stdout).toContain('--json');
});

test('`--help` of a command explains its options', async () => {
  const { code, stdout } = await deployment.command('copy', '--help');
  expect(code).toBe(0);
  for (const option of ['--from', '--to', '--detach', '--tenant']) expect(stdout).toContain(option);
});

test('`--help` of a command has the options of all commands, and examples', async () => {
  const { code, stdout } = await deployment.command('list', '--help');
  expect(code).toBe(0);
  for (const part of ['List jobs', '--config', '--json', 'image-replicator list --status error'])
    expect(stdout).toContain(part);
});

test.each([
  ['a command', ['lst'], 'list'],
  ['a command below another', ['images', 'ad'], 'add'],
  ['a command below one that does something itself', ['tasks', 'shw'], 'show'],
  ['an option', ['list', '--stat', 'error'], '--status'],
])('%s that is misspelled exits with 2, and the error suggests the right word', async (_what, args, word) => {
  const { code, stdout, stderr } = await deployment.command(...args);
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toMatch(/^image-replicator: unknown/);
  expect(stderr).toContain(`Did you mean ${word}?`);
});

test('`config schema` prints the JSON Schema of the configuration, and needs no configuration', async () => {
  const { code, stdout } = await deployment.command('--config', 'missing.yaml', 'config', 'schema');
  expect([code, JSON.parse(stdout)]).toEqual([0, expect.objectContaining({ required: ['regions'] })]);
});

test('`--version` prints a version', async () => {
  const { code, stdout } = await deployment.command('--version');
  expect([code, stdout.trim()]).toEqual([0, expect.stringMatching(/^\d+\.\d+\.\d+$/)]);
});

const COPY = ['copy', 'an-image', '--from', 'ot1', '--to', 'ot2'];
test.each<[string, string[]]>([
  ['--from', ['copy', 'an-image', '--to', 'ot2']],
  ['--to', ['copy', 'an-image', '--from', 'ot1']],
  ['--to', ['copy', 'an-image', '--from', 'ot1', '--to', 'mars']],
  ['--from', ['copy', 'an-image', '--from', 'mars', '--to', 'ot2']],
  ['--to', ['copy', 'an-image', '--from', 'ot1', '--to', 'ot1']],
  ['image-id', ['copy', '--from', 'ot1', '--to', 'ot2']],
  ['job-id', ['show']],
  ['--frm', [...COPY, '--frm', 'ot1']],
  ['--status', ['list', '--status', 'done']],
  ['--limit', ['list', '--limit', '0']],
  ['--limit', ['list', '--limit', 'many']],
  ['--marker: is not a marker of this list', ['list', '--marker', 'garbage']],
  ['--region', ['images', 'list']],
  ['--region', ['images', 'list', '--region', 'mars']],
  ['--region', ['worker', '--region', 'mars']],
  ['copi', ['copi']],
])('bad usage exits with 2 and names %s', async (named, args) => {
  const { code, stdout, stderr } = await deployment.command(...args);
  expect(stderr).toContain(named);
  expect([code, stdout]).toEqual([2, '']);
});

test.each([[[]], [['images']], [['config']], [['help', 'nope']], [['images', 'help', 'nope']]])(
  'with --json, the error of %j says that a command is missing or not known',
  async (args) => {
    const { code, stdout, stderr } = await deployment.command('--json', ...args);
    const message = 'a command is missing, or is not known; add --help to see the commands';
    expect(JSON.parse(stderr)).toEqual({ error: { code: 'usage', message } });
    expect([code, stdout]).toEqual([2, '']);
  },
);

const store = { driver: 'directory', path: 'ot1' };
const regions = { ot1: { store } };
test.each<[string, unknown]>([
  ['the file', null],
  ['regions', {}],
  ['regions', { regions: {} }],
  ['regions.ot1.store.driver', { regions: { ot1: { store: { driver: 'tape' } } } }],
  ['regions.ot1.store', { regions: { ot1: { store: { driver: 'directory' } } } }],
  ['regions.ot1.store', { regions: { ot1: { store: { ...store, pth: 'x' } } } }],
  ['a b', { regions: { 'a b': { store } } }],
  ['a c', { regions: { 'a c': {} } }],
  ['api.port', { regions, api: { port: 'http' } }],
  ['prot', { regions, api: { prot: 9292 } }],
  ['api.default_source_region', { regions, api: { default_source_region: 'ot9' } }],
  ['api.default_source_region', { regions, api: { default_source_region: 'constructor' } }],
  [
    'api.source_region_by_host.a.example.com',
    { regions, api: { source_region_by_host: { 'a.example.com': 'ot9' } } },
  ],
  ['limits.lanes', { regions, limits: { lanes: 0 } }],
  ['limits.stall_after', { regions, limits: { stall_after: 'soon' } }],
  ['identity', { regions, identity: { driver: 'token-file' } }],
  ['web_ui', { regions, web_ui: 'javascript:alert(1)' }],
])('a wrong configuration exits with 2 and names %s', async (key, config) => {
  const file = join(deployment.folder, 'wrong.yaml');
  await writeFile(file, stringify(config));
  const { code, stdout, stderr } = await deployment.command('--config', file, 'check');
  expect(stderr).toContain(key);
  expect(stderr).toContain(file);
  expect([code, stdout]).toEqual([2, '']);
});

test.each([
  ['that does not exist', undefined],
  ['that is not YAML', 'regions: ['],
])('a configuration file %s exits with 2, and the error names it', async (_name, text) => {
  const file = join(deployment.folder, `unreadable-${text?.length}.yaml`);
  if (text !== undefined) await writeFile(file, text);
  const { code, stderr } = await deployment.command('--config', file, 'list');
  expect(code).toBe(2);
  expect(stderr).toContain(file);
});

test.each([
  [['sweep', '--grace', ''], 'It has to be a duration such as 10m or 1h.'],
  [['list', '--limit', ''], 'It has to be a whole number from 1 to 1000.'],
  [['worker', '--metrics-port', ''], 'It has to be a whole number from 0 to 65535.'],
])('an empty value of an option is refused: %j', async (args, message) => {
  const { code, stderr } = await deployment.command(...args);
  expect(stderr).toContain(message);
  expect(code).toBe(2);
});

test('with `--json` an error of usage is JSON on stderr', async () => {
  const { code, stdout, stderr } = await deployment.command('--json', 'list', '--limit', '0');
  expect([code, stdout]).toEqual([2, '']);
  expect(JSON.parse(stderr)).toEqual({
    error: { code: 'usage', message: expect.stringContaining('a whole number from 1 to 1000') },
  });
});

test('`serve` with a token file that cannot be used exits with 2 and says what is wrong', async () => {
  const file = join(deployment.folder, 'bad-tokens.yaml');
  await writeFile(join(deployment.folder, 'bad.yaml'), 'tokens: [{ sha256: abc, tenant_id: demo }]');
  await writeFile(file, stringify({ regions, identity: { driver: 'token-file', path: 'bad.yaml' } }));
  const { code, stderr } = await deployment.command('--config', file, 'serve');
  expect(stderr).toContain('tokens.0.sha256: has to be a SHA-256 of 64 digits 0 to 9 and a to f');
  expect(code).toBe(2);
});

test.each([
  ['serve', 2],
  ['check', 6],
])('`%s` with an api.secret that is nowhere exits with %i and names the place', async (command, expected) => {
  const identity = { driver: 'token-file', path: 'tokens.yaml' };
  const file = join(deployment.folder, 'no-secret.yaml');
  await writeFile(file, stringify({ regions, identity, api: { secret: { env: 'NOWHERE' } } }));
  const { code, stdout, stderr } = await deployment.command('--config', file, command);
  expect(stdout + stderr).toContain('api.secret: the environment has no variable NOWHERE');
  expect(code).toBe(expected);
});

test('`serve` on a port that is taken exits with 2 and names the port', async () => {
  const other = createServer();
  await once(other.listen(Number(new URL(deployment.apiUrl).port), '127.0.0.1'), 'listening');
  const { code, stderr } = await deployment.command('serve');
  other.close();
  expect(stderr).toContain(`api: ${deployment.apiUrl.slice('http://'.length)} is in use`);
  expect(code).toBe(2);
});

test('`codec` with an impossible port exits with 2 and says what it has to be', async () => {
  const { code, stderr } = await deployment.command('codec', '--port', '70000');
  expect(stderr).toContain('It has to be a whole number from 0 to 65535.');
  expect(code).toBe(2);
});

test('`serve` without an identity exits with 2 and names the key', async () => {
  const file = join(deployment.folder, 'no-identity.yaml');
  await writeFile(file, stringify({ regions }));
  const { code, stderr } = await deployment.command('--config', file, 'serve');
  expect(code).toBe(2);
  expect(stderr).toContain('identity');
});
