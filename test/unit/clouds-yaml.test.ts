import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type CloudOptions, loadCloud } from '../../src/openstack/cloud.ts';
import { CloudConfigError } from '../../src/openstack/index.ts';

const AUTH = `
      auth_url: http://keystone.example:5000
      username: copier
      password: a-secret
      project_name: service
      user_domain_name: Default
      project_domain_id: default`;
const PROD = `clouds:\n  prod:\n    auth:${AUTH}\n`;

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'image-replicator-clouds-'));
});
afterEach(() => rm(home, { recursive: true, force: true }));

/** Writes a file below the home folder. */
async function written(name: string, text: string): Promise<string> {
  const file = join(home, name);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
  return file;
}

/** Loads a clouds.yaml with this text. */
async function loaded(text: string, options: CloudOptions = { cloud: 'prod' }) {
  return loadCloud(options, { HOME: home, OS_CLIENT_CONFIG_FILE: await written('clouds.yaml', text) });
}

async function problem(call: Promise<unknown>): Promise<string> {
  const error: unknown = await call.catch((thrown) => thrown);
  if (!(error instanceof CloudConfigError)) throw new Error(`accepted: ${inspect(error)}`);
  expect(inspect(error, { depth: 20 })).not.toContain('a-secret');
  return error.message.replaceAll(home, '~');
}

test('a cloud with a password is read from clouds.yaml, and the rest has defaults', async () => {
  expect(await loaded(PROD)).toEqual({
    authUrl: 'http://keystone.example:5000/v3',
    credential: {
      method: 'password',
      user: { name: 'copier', domain: { name: 'Default' } },
      password: 'a-secret',
    },
    project: { name: 'service', domain: { id: 'default' } },
    regionName: null,
    interface: 'public',
    verify: true,
    cacert: null,
  });
});

test.each([
  ['http://a.example', 'http://a.example/v3'],
  ['http://a.example/', 'http://a.example/v3'],
  ['http://a.example/v3', 'http://a.example/v3'],
  ['https://a.example:5000/v3/', 'https://a.example:5000/v3'],
  ['https://a.example/identity', 'https://a.example/identity/v3'],
])('the auth_url %s becomes %s', async (written, address) => {
  expect((await loaded(PROD.replace('http://keystone.example:5000', written))).authUrl).toBe(address);
});

test.each([
  ['verify: false', { verify: false }],
  ['verify: no', { verify: false }],
  ['insecure: true', { verify: false }],
  ['verify: true', { verify: true }],
  ['cacert: ~/ca.pem', { cacert: '~/ca.pem' }],
  ['cacert: /etc/ca.pem', { cacert: '/etc/ca.pem' }],
  ['interface: internal', { interface: 'internal' }],
  ['endpoint_type: adminURL', { interface: 'admin' }],
  ['region-name: ot2', { regionName: 'ot2' }],
])('the line %s is understood', async (line, expected) => {
  const cloud = await loaded(`${PROD}    ${line}\n`);
  expect({ ...cloud, cacert: cloud.cacert?.replace(home, '~') }).toMatchObject(expected);
});

test("a region's own options override those of its cloud", async () => {
  const options = { cloud: 'prod', region_name: 'ot1', interface: 'admin' } as const;
  const cloud = await loaded(`${PROD}    region_name: ot2\n    interface: internal\n`, options);
  expect(cloud).toMatchObject({ regionName: 'ot1', interface: 'admin' });
});

test.each([
  ['auth_type: v3applicationcredential', 'application_credential_id: an-id', { id: 'an-id' }],
  ['region_name: ot1', 'application_credential_id: an-id', { id: 'an-id' }],
  [
    'auth_type: v3applicationcredential',
    'application_credential_name: a-name',
    { name: 'a-name', user: { name: 'copier', domain: { name: 'Default' } } },
  ],
])('with an application credential (%s, %s), no project is asked for', async (top, line, who) => {
  const secret = 'application_credential_secret: a-secret';
  const cloud = await loaded(`${PROD}      ${line}\n      ${secret}\n    ${top}\n`);
  expect(cloud.credential).toEqual({ method: 'application_credential', ...who, secret: 'a-secret' });
  expect(cloud.project).toBeNull();
});

describe('secure.yaml', () => {
  test('adds the secrets if it is beside clouds.yaml', async () => {
    await written('secure.yaml', 'clouds: { prod: { auth: { password: another }, verify: false } }');
    const cloud = await loaded(PROD.replace('password: a-secret', ''));
    expect(cloud).toMatchObject({ credential: { password: 'another' }, verify: false });
  });

  test('may be somewhere else, and may lack the cloud', async () => {
    const secure = await written('vault/secrets.yaml', 'clouds: { other: {} }');
    const file = await written('clouds.yaml', PROD);
    const env = { OS_CLIENT_CONFIG_FILE: file, OS_CLIENT_SECURE_FILE: secure };
    expect((await loadCloud({ cloud: 'prod' }, env)).credential).toMatchObject({ password: 'a-secret' });
  });
});

describe('the place of clouds.yaml', () => {
  test.each(['clouds.yaml', 'clouds.yml'])('may be ~/.config/openstack/%s', async (name) => {
    await written(`.config/openstack/${name}`, PROD);
    expect((await loadCloud({ cloud: 'prod' }, { HOME: home })).project).toMatchObject({ name: 'service' });
  });

  test('is first looked for in XDG_CONFIG_HOME', async () => {
    await written('.config/openstack/clouds.yaml', PROD);
    await written('xdg/openstack/clouds.yaml', PROD.replace('service', 'another'));
    const env = { HOME: home, XDG_CONFIG_HOME: join(home, 'xdg') };
    expect((await loadCloud({ cloud: 'prod' }, env)).project).toMatchObject({ name: 'another' });
  });

  test('is not looked for in an empty XDG_CONFIG_HOME', async () => {
    const message = await problem(loadCloud({ cloud: 'prod' }, { HOME: home, XDG_CONFIG_HOME: '' }));
    expect(message).not.toMatch(/(^|[ ,])openstack\/clouds/);
  });

  test('is reported with all places if the file is in none of them', async () => {
    const message = await problem(loadCloud({ cloud: 'prod' }, { HOME: home }));
    for (const place of ['clouds.yaml', '~/.config/openstack/clouds.yaml', '/etc/openstack/clouds.yml']) {
      expect(message).toContain(place);
    }
  });

  test('is only OS_CLIENT_CONFIG_FILE if that is set', async () => {
    await written('.config/openstack/clouds.yaml', PROD);
    const env = { HOME: home, OS_CLIENT_CONFIG_FILE: join(home, 'none.yaml') };
    expect(await problem(loadCloud({ cloud: 'prod' }, env))).toBe(
      "cloud 'prod' cannot be looked up: none of these files is there: ~/none.yaml",
    );
  });
});

describe('without the name of a cloud', () => {
  const VARIABLES = {
    OS_AUTH_URL: 'http://keystone.example/v3/',
    OS_USER_ID: 'a-user',
    OS_PASSWORD: 'a-secret',
    OS_PROJECT_ID: 'a-project',
  };

  test('OS_CLOUD names the cloud', async () => {
    const env = { ...VARIABLES, OS_CLOUD: 'prod', OS_CLIENT_CONFIG_FILE: await written('clouds.yaml', PROD) };
    expect((await loadCloud({}, env)).project).toMatchObject({ name: 'service' });
  });

  test('the OS_* variables are the cloud', async () => {
    const more = {
      OS_REGION_NAME: 'ot1',
      OS_INTERFACE: 'internal',
      OS_CACERT: '/ca.pem',
      OS_INSECURE: 'true',
    };
    expect(await loadCloud({}, { ...VARIABLES, ...more })).toEqual({
      authUrl: 'http://keystone.example/v3',
      credential: { method: 'password', user: { id: 'a-user' }, password: 'a-secret' },
      project: { id: 'a-project' },
      regionName: 'ot1',
      interface: 'internal',
      verify: false,
      cacert: '/ca.pem',
    });
  });

  test.each([
    ['OS_AUTH_URL', 'OS_AUTH_URL: is missing'],
    ['OS_PASSWORD', 'OS_PASSWORD: is missing'],
    ['OS_PROJECT_ID', 'OS_PROJECT_NAME: is missing'],
    ['OS_USER_ID', 'OS_USERNAME: is missing'],
  ])('the error for a missing %s names the variable', async (name, message) => {
    const text = await problem(loadCloud({}, { ...VARIABLES, [name]: '' }));
    expect(text).toContain('the environment: ');
    expect(text).toContain(message);
  });
});

test.each([
  ['clouds.dev: is missing; the file has: prod', PROD, 'dev'],
  ['clouds.constructor: is missing', PROD, 'constructor'],
  ['clouds: has to be keys with values', 'cloud: {}', 'prod'],
  ['the file: has to be keys with values', '- a-secret', 'prod'],
  ['clouds.prod: has to be keys with values', 'clouds: { prod: a-secret }', 'prod'],
  ['clouds.prod.auth: has to be keys with values', 'clouds: { prod: { auth: a-secret } }', 'prod'],
  ['is not YAML', 'clouds: { prod: { auth: { password: a-secret', 'prod'],
  ['is not YAML', 'clouds:\n  prod: a-secret: x\n', 'prod'],
  ['clouds.prod.auth.password: is missing', PROD.replace('password: a-secret', ''), 'prod'],
  ['clouds.prod.auth.password: is not a text: put it in quotes', PROD.replace('a-secret', '12345'), 'prod'],
  ['clouds.prod.auth.auth_url: is not an http address', PROD.replace('http:', 'ftp:'), 'prod'],
  ['clouds.prod.auth.auth_url: names API v2.0', PROD.replace(':5000', ':5000/v2.0/'), 'prod'],
  ['clouds.prod.auth.user_domain_name: is missing', PROD.replace('user_domain_name', 'x'), 'prod'],
  ['clouds.prod.auth.project_name: is missing', PROD.replace('project_name', 'x'), 'prod'],
  ["clouds.prod.auth_type: is 'v3token'; use one of", `${PROD}    auth_type: v3token\n`, 'prod'],
  ["clouds.prod.interface: is 'secret'; use one of", `${PROD}    interface: secret\n`, 'prod'],
  ['clouds.prod.verify: is neither true nor false', `${PROD}    verify: perhaps\n`, 'prod'],
])('an error names the file and the key: %s', async (message, text, cloud) => {
  const told = await problem(loaded(text, { cloud }));
  expect(told.startsWith('~/clouds.yaml: ')).toBe(true);
  expect(told).toContain(message);
});
