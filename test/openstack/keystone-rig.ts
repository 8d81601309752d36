import { request } from 'undici';

/** The address of the test cloud's Keystone, which ends in `/v3`. */
export const AUTH_URL = process.env.OPENSTACK_TEST_AUTH_URL ?? 'http://127.0.0.1:15000/v3';
/** The password of every user of the test cloud. */
export const PASSWORD = 'secret';

interface Answer {
  readonly status: number;
  readonly token: string;
  // biome-ignore lint/suspicious/noExplicitAny: each test knows the fields of Keystone's answers
  readonly body: any;
}

/** Makes a call to Keystone. */
export async function keystone(
  method: string,
  path: string,
  token: string | null,
  body?: object,
): Promise<Answer> {
  const answer = await request(`${AUTH_URL}${path}`, {
    method,
    headers: { 'content-type': 'application/json', ...(token !== null && { 'x-auth-token': token }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await answer.body.text();
  if (answer.statusCode >= 400) throw new Error(`${method} ${path}: ${answer.statusCode} ${text}`);
  return {
    status: answer.statusCode,
    token: String(answer.headers['x-subject-token']),
    body: text === '' ? null : JSON.parse(text),
  };
}

const inDefault = (name: string) => ({ name, domain: { id: 'default' } });

/** Signs in with a password, for a project, or without a project if it is `null`. */
export async function signInAs(user: string, project: string | null): Promise<Answer> {
  const identity = { methods: ['password'], password: { user: { ...inDefault(user), password: PASSWORD } } };
  const scope = project === null ? 'unscoped' : { project: inDefault(project) };
  return keystone('POST', '/auth/tokens', null, { auth: { identity, scope } });
}

export async function tokenOf(user: string, project: string | null): Promise<string> {
  return (await signInAs(user, project)).token;
}

export async function revokeToken(token: string): Promise<void> {
  const admin = await tokenOf('admin', 'admin');
  await request(`${AUTH_URL}/auth/tokens`, {
    method: 'DELETE',
    headers: { 'x-auth-token': admin, 'x-subject-token': token },
  });
}

export async function isGood(token: string): Promise<boolean> {
  const answer = await request(`${AUTH_URL}/auth/tokens`, {
    headers: { 'x-auth-token': await tokenOf('admin', 'admin'), 'x-subject-token': token },
  });
  await answer.body.dump();
  return answer.statusCode === 200;
}

/** Returns the id of a project. */
export async function projectId(name: string): Promise<string> {
  const admin = await tokenOf('admin', 'admin');
  const { body } = await keystone('GET', `/projects?name=${name}&domain_id=default`, admin);
  return body.projects[0].id;
}

/**
 * Makes a user with roles on projects. The user is never removed, because on SQLite a removal leaves rows
 * that make Keystone fail later.
 */
export async function newUser(roles: Readonly<Record<string, string>>) {
  const admin = await tokenOf('admin', 'admin');
  const name = `user-${crypto.randomUUID()}`;
  const created = await keystone('POST', '/users', admin, {
    user: { name, domain_id: 'default', password: PASSWORD },
  });
  const { id } = created.body.user;
  for (const [project, role] of Object.entries(roles)) {
    const found = await keystone('GET', `/roles?name=${role}`, admin);
    const roleId = found.body.roles[0].id;
    await keystone('PUT', `/projects/${await projectId(project)}/users/${id}/roles/${roleId}`, admin);
  }
  return { id: String(id), name };
}

/** Gives a user a role on the whole cloud. */
export async function grantOnSystem(userId: string, role: string): Promise<void> {
  const admin = await tokenOf('admin', 'admin');
  const found = await keystone('GET', `/roles?name=${role}`, admin);
  await keystone('PUT', `/system/users/${userId}/roles/${found.body.roles[0].id}`, admin);
}

/** Makes an application credential for the owner of a token. */
export async function newApplicationCredential(userToken: string, more: object = {}) {
  const mine = await self(userToken);
  const { body } = await keystone('POST', `/users/${mine.user.id}/application_credentials`, userToken, {
    application_credential: { name: `credential-${crypto.randomUUID()}`, ...more },
  });
  const { id, name, secret } = body.application_credential;
  return { id: String(id), name: String(name), secret: String(secret), userId: String(mine.user.id) };
}

/** Returns a token for an application credential. */
export async function applicationToken({ id, secret }: { id: string; secret: string }): Promise<string> {
  const identity = { methods: ['application_credential'], application_credential: { id, secret } };
  return (await keystone('POST', '/auth/tokens', null, { auth: { identity } })).token;
}

/** Makes an EC2 credential of a user, for the project with this name. */
export async function newEc2Key(user: string, project: string) {
  const admin = await tokenOf('admin', 'admin');
  const find = async (kind: string, name: string) =>
    (await keystone('GET', `/${kind}?name=${name}&domain_id=default`, admin)).body[kind][0].id;
  const path = `/users/${await find('users', user)}/credentials/OS-EC2`;
  const { body } = await keystone('POST', path, admin, { tenant_id: await find('projects', project) });
  const { access, secret } = body.credential;
  const remove = () => keystone('DELETE', `${path}/${access}`, admin);
  return { access: String(access), secret: String(secret), remove };
}

async function self(token: string) {
  const answer = await request(`${AUTH_URL}/auth/tokens`, {
    headers: { 'x-auth-token': token, 'x-subject-token': token },
  });
  // biome-ignore lint/suspicious/noExplicitAny: as above
  return ((await answer.body.json()) as any).token;
}

/** Returns a token with which another user acts for the owner of a token, as a member of a project. */
export async function newTrustToken(token: string, project: string, trustee: string): Promise<string> {
  const [owner, other, project_id] = [
    await self(token),
    await signInAs(trustee, null),
    await projectId(project),
  ];
  const created = await keystone('POST', '/OS-TRUST/trusts', token, {
    trust: {
      trustor_user_id: owner.user.id,
      trustee_user_id: other.body.token.user.id,
      project_id,
      impersonation: false,
      roles: [{ name: 'member' }],
    },
  });
  const identity = { methods: ['token'], token: { id: other.token } };
  const scope = { 'OS-TRUST:trust': { id: created.body.trust.id } };
  return (await keystone('POST', '/auth/tokens', null, { auth: { identity, scope } })).token;
}
