import Type from 'typebox';
import Value from 'typebox/value';
import { expect, test } from 'vitest';
import { ConfigFile } from '../../src/config/schema.ts';
import { schemaProblems } from '../../src/text/index.ts';

const store = { driver: 'directory' };
const regions = { ot1: { store } };

test.each<[string, unknown]>([
  [
    'limits.stall_after: has to be a duration such as 30s; got "30sec"',
    { regions, limits: { stall_after: '30sec' } },
  ],
  [
    'limits.lanes: has to be a whole number from 1 to 64, or {min, max}; got 0',
    { regions, limits: { lanes: 0 } },
  ],
  [
    'api.body_limit: has to be a whole number of 1024 or more; got "1k"',
    { regions, api: { body_limit: '1k' } },
  ],
  ['api.port: has to be a whole number from 0 to 65535; got 80.5', { regions, api: { port: 80.5 } }],
  [
    'api.secret: has to be a text of 32 characters or more, or {file}, or {env}; got {"path":"x"}',
    { regions, api: { secret: { path: 'x' } } },
  ],
  ['regions: is missing', {}],
  ['regions: at least one entry is needed', { regions: {} }],
  [
    'regions.a b: has to be a name of 1 to 63 letters, digits, dots, hyphens and underscores that begins with a letter or digit',
    { regions: { 'a b': { store } } },
  ],
  ['regions.ot1.store: is missing', { regions: { ot1: {} } }],
  [
    'regions.ot1.stor: is not known here; use one of: store, task_queue, bandwidth, time_zone',
    { regions: { ot1: { store, stor: 1 } } },
  ],
  [': has to be keys with values; got null', null],
  [
    `web_ui: has to be an address such as http://127.0.0.1:8233; got "${'x'.repeat(38)}\ufffd…`,
    { regions, web_ui: `${'x'.repeat(38)}😀` },
  ],
  [
    'web_ui: has to be an address such as http://127.0.0.1:8233; got "x\\u001b"',
    { regions, web_ui: 'x\x1b' },
  ],
  [
    'shares.s.tenants: has to be a list; got "t"',
    { regions, shares: { s: { region: 'ot1', targets: { t: 'ot1' }, tenants: 't' } } },
  ],
])('the message is %j', (message, value) => {
  const problems = schemaProblems(ConfigFile, value, Value.Errors(ConfigFile, value));
  expect(problems.map(({ path, problem }) => `${path}: ${problem}`)).toEqual([message]);
});

test("a key of one alternative is told with that alternative's own words", () => {
  const wrong = { regions, api: { secret: { file: 7 } } };
  expect(schemaProblems(ConfigFile, wrong, Value.Errors(ConfigFile, wrong))).toContainEqual({
    path: 'api.secret.file',
    problem: 'has to be a text that is not empty; got 7',
  });
});

test('no message contains a regular expression or a word of JSON Schema', () => {
  const wrong = {
    regions: { '?': {}, a: { store: 1 } },
    api: 3,
    limits: { lanes: 'x', give_up_after: 1 },
    spool: {},
  };
  const problems = schemaProblems(ConfigFile, wrong, Value.Errors(ConfigFile, wrong));
  expect(problems.length).toBeGreaterThan(4);
  for (const { problem } of problems) expect(problem).not.toMatch(/must|\^|\$|pattern|propert|schema/);
});

test('a secret value is not shown, but the allowed choices are', () => {
  const schema = Type.Object({ key: Type.String({ minLength: 16 }), kind: Type.Enum(['a', 'b']) });
  const wrong = { key: 'hunter2', kind: 'c' };
  expect(schemaProblems(schema, wrong, Value.Errors(schema, wrong), { secret: true })).toEqual([
    { path: 'key', problem: 'has to be a text of 16 characters or more' },
    { path: 'kind', problem: 'has to be one of: a, b' },
  ]);
});
