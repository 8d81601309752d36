import { describe, expect, test } from 'vitest';
import { OpenStackError } from '../../src/openstack/index.ts';
import { parseToken } from '../../src/openstack/token.ts';

const TOKEN = {
  methods: ['password'],
  issued_at: '2026-01-02T03:00:00.000000Z',
  expires_at: '2026-01-02T04:00:00.000000Z',
  project: { id: 'a-project', name: 'tenant-a' },
  roles: [{ id: 'a-role', name: 'member' }],
};
const bodyOf = (more: object) => JSON.stringify({ token: { ...TOKEN, ...more } });

test('a token without a project, roles and a catalog can be read', () => {
  expect(parseToken(bodyOf({ project: undefined, roles: undefined }))).toEqual({
    expiresAt: Date.UTC(2026, 0, 2, 4),
    lifetime: 3_600_000,
    projectId: null,
    roles: [],
    delegated: false,
    hasAccessRules: false,
    catalog: [],
  });
});

describe('a token is delegated', () => {
  test.each([
    ['of an application credential', { methods: ['application_credential'] }],
    ['of an application credential, and rescoped', { methods: ['token', 'application_credential'] }],
    ['of an EC2 credential', { methods: ['ec2credential'] }],
    ['of OAuth', { methods: ['oauth1'] }],
    ['of OAuth, by its mark', { 'OS-OAUTH1': { consumer_id: 'x' } }],
    ['of a trust', { 'OS-TRUST:trust': { id: 'x' } }],
  ])('if it is %s', (_what, more) => {
    expect(parseToken(bodyOf(more)).delegated).toBe(true);
  });

  test.each([[['password']], [['password', 'totp']], [['token', 'password']], [['mapped']]])(
    'but not if its methods are %j',
    (methods) => {
      expect(parseToken(bodyOf({ methods })).delegated).toBe(false);
    },
  );
});

test('a token of an application credential says whether it has access rules', () => {
  const rules = [{ service: 'image', method: 'GET', path: '/v2/images' }];
  const bound = { application_credential: { id: 'x', access_rules: rules } };
  expect(parseToken(bodyOf(bound)).hasAccessRules).toBe(true);
  expect(parseToken(bodyOf({ application_credential: { id: 'x' } })).hasAccessRules).toBe(false);
});

test.each([
  ['nothing', ''],
  ['a page', '<html>a-secret</html>'],
  ['another object', '{"secret": "a-secret"}'],
  ['no times', bodyOf({ expires_at: 'a-secret' })],
  ['roles of another kind', bodyOf({ roles: ['a-secret'] })],
])('an answer that has %s is refused, and not quoted', (_what, text) => {
  const parse = () => parseToken(text);
  expect(parse).toThrow(OpenStackError);
  expect(parse).toThrow(/^Keystone's answer cannot be understood$/);
});
