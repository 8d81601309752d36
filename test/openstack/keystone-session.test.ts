import { inspect } from 'node:util';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openSession } from '../../src/openstack/index.ts';
import {
  AUTH_URL,
  keystone,
  newApplicationCredential,
  newUser,
  PASSWORD,
  projectId,
  tokenOf,
} from './keystone-rig.ts';
import { COPIER, copier, forgetSent, list, refusal, sent, signIns } from './keystone-session-rig.ts';

let a: string;
let b: string;
let admin: string;
beforeAll(async () => {
  a = await projectId('tenant-a');
  b = await projectId('tenant-b');
  admin = await projectId('admin');
});
beforeEach(forgetSent);

describe('a copier with a password', () => {
  test('reads as each project in which it is a member, with one sign-in for each', async () => {
    const session = copier();
    expect([await list(session, a), await list(session, b), await list(session, a)]).toEqual([200, 200, 200]);
    expect(signIns()).toBe(2);
  });

  test('signs in once for requests at the same time', async () => {
    const session = copier();
    expect(await Promise.all(Array.from({ length: 8 }, () => list(session, a)))).toEqual(Array(8).fill(200));
    expect(signIns()).toBe(1);
  });

  test('passes the check of both regions', async () => {
    await copier().check();
    await copier({}, 'ot2').check();
    expect(new Set(sent.filter(({ token }) => token).map(({ origin }) => new URL(origin).port)).size).toBe(2);
  });

  test('returns the answer of the image service, whatever its status is', async () => {
    const path = `/v2/images/${crypto.randomUUID()}`;
    const answer = await copier().requestImage({ method: 'GET', path, as: { project: a } });
    expect([answer.statusCode, await answer.body.text()]).toEqual([404, expect.stringContaining('No image')]);
  });

  test('gets an error for a project in which it has no role', async () => {
    const error = await refusal(list(copier(), admin));
    expect([error.kind, error.message]).toEqual(['forbidden', `the account has no role in project ${admin}`]);
  });

  test('is refused with a wrong password, whatever the project is', async () => {
    const session = copier({ OS_PASSWORD: 'not-this-one' });
    for (const project of [null, a])
      expect((await refusal(list(session, project))).kind).toBe('unauthorized');
    expect((await refusal(session.check())).kind).toBe('unauthorized');
  });

  test('is refused after its password was changed, even if it still has a token for its own project', async () => {
    const user = await newUser({ 'tenant-a': 'member', service: 'member' });
    const session = copier({ OS_USERNAME: user.name });
    expect(await list(session, null)).toBe(200);
    const password = { password: 'another' };
    await keystone('PATCH', `/users/${user.id}`, await tokenOf('admin', 'admin'), { user: password });
    expect((await refusal(list(session, a))).kind).toBe('unauthorized');
  });

  test('reads its configuration again after Keystone has refused it', async () => {
    const env = { ...COPIER, OS_PASSWORD: 'not-this-one' };
    const session = openSession({ region_name: 'ot1' }, env);
    await refusal(list(session, a));
    env.OS_PASSWORD = PASSWORD;
    expect(await list(session, a)).toBe(200);
  });
});

describe('an application credential', () => {
  test('serves its own project, by id and by name, and no other project', async () => {
    const credential = await newApplicationCredential(await tokenOf('copier', 'tenant-a'));
    const common = { OS_AUTH_URL: AUTH_URL, OS_APPLICATION_CREDENTIAL_SECRET: credential.secret };
    for (const named of [
      { OS_APPLICATION_CREDENTIAL_ID: credential.id },
      { OS_APPLICATION_CREDENTIAL_NAME: credential.name, OS_USER_ID: credential.userId },
    ]) {
      const session = openSession({ region_name: 'ot2' }, { ...common, ...named });
      expect([await list(session, null), await list(session, a)]).toEqual([200, 200]);
      const error = await refusal(list(session, b));
      expect(error.kind).toBe('forbidden');
      expect(error.message).toContain(`cannot be used for project ${b}`);
      expect(inspect(error, { depth: 20 })).not.toContain(credential.secret);
    }
  });
});
