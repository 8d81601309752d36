import { randomUUID } from 'node:crypto';
import { request } from 'undici';
import { AUTH_URL, PASSWORD } from '../keystone-rig.ts';

type Role = 'reader' | 'member' | 'admin';

/** What the users and the administrator of a cloud can do in its Keystone. */
export interface Cloud {
  /** Returns a token of a user for the project with this name. */
  tokenOf(user: string, project: string): Promise<string>;
  projectId(name: string): Promise<string>;
  /** Makes a project in which these users have these roles. */
  newProject(roles: Readonly<Record<string, Role>>): Promise<{ readonly id: string; readonly name: string }>;
  /** Limits the images of a project in region ot2: their size in total, in MiB, or their number. */
  setLimit(projectId: string, resource: Limited, limit: number): Promise<void>;
  /** Adds a region with this image endpoint, such as a proxy in front of the endpoint of another region. */
  addRegion(name: string, imageUrl: string): Promise<void>;
}

type Limited = 'image_size_total' | 'image_count_total' | 'image_count_uploading';

/** Returns the cloud of the test run, or one that a test has started. */
export function cloudOf({ authUrl } = { authUrl: AUTH_URL }): Cloud {
  const named = (name: string) => ({ name, domain: { id: 'default' } });
  const call = async (token: string | null, method: string, path: string, body?: object) => {
    const answer = await request(`${authUrl}${path}`, {
      method,
      headers: { 'content-type': 'application/json', ...(token !== null && { 'x-auth-token': token }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await answer.body.text();
    if (answer.statusCode >= 400) throw new Error(`${method} ${path}: ${answer.statusCode} ${text}`);
    return { headers: answer.headers, body: text === '' ? null : JSON.parse(text) };
  };
  const tokenOf = async (user: string, project: string) => {
    const identity = { methods: ['password'], password: { user: { ...named(user), password: PASSWORD } } };
    const auth = { identity, scope: { project: named(project) } };
    const { headers } = await call(null, 'POST', '/auth/tokens', { auth });
    return String(headers['x-subject-token']);
  };
  const asAdmin = async (method: string, path: string, body?: object) =>
    (await call(await tokenOf('admin', 'admin'), method, path, body)).body;
  const idOf = async (kind: 'project' | 'user' | 'role' | 'service', filter: string): Promise<string> => {
    const [found] = (await asAdmin('GET', `/${kind}s?${filter}`))[`${kind}s`];
    if (found === undefined) throw new Error(`there is no ${kind} ${filter}`);
    return found.id;
  };
  return {
    tokenOf,
    projectId: (name) => idOf('project', `name=${name}&domain_id=default`),
    async newProject(roles) {
      const name = `project-${randomUUID()}`;
      const made = await asAdmin('POST', '/projects', { project: { name, domain_id: 'default' } });
      const { id } = made.project;
      for (const [user, role] of Object.entries(roles)) {
        const userId = await idOf('user', `name=${user}&domain_id=default`);
        const roleId = await idOf('role', `name=${role}`);
        await asAdmin('PUT', `/projects/${id}/users/${userId}/roles/${roleId}`);
      }
      return { id, name };
    },
    async setLimit(projectId, resource, limit) {
      const service_id = await idOf('service', 'type=image');
      const of = `project_id=${projectId}&service_id=${service_id}&region_id=ot2&resource_name=${resource}`;
      const [known] = (await asAdmin('GET', `/limits?${of}`)).limits;
      const body = { project_id: projectId, service_id, region_id: 'ot2', resource_name: resource };
      if (known === undefined) {
        await asAdmin('POST', '/limits', { limits: [{ ...body, resource_limit: limit }] });
      } else {
        await asAdmin('PATCH', `/limits/${known.id}`, { limit: { resource_limit: limit } });
      }
    },
    async addRegion(name, imageUrl) {
      const service_id = await idOf('service', 'type=image');
      await asAdmin('POST', '/regions', { region: { id: name } });
      for (const face of ['public', 'internal', 'admin']) {
        const endpoint = { service_id, region_id: name, interface: face, url: imageUrl };
        await asAdmin('POST', '/endpoints', { endpoint });
      }
    },
  };
}
