import { request } from 'undici';
import { keystone, PASSWORD, signInAs } from './keystone-rig.ts';

/** An answer of Glance. */
export interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: each test knows the fields of Glance's answers
  readonly body: any;
}

interface Call {
  readonly headers?: Record<string, string>;
  readonly body?: string | Uint8Array;
}

/** A region's Glance through its own API, as users call it. */
export interface GlanceRig {
  readonly url: string;
  /** The ids of two projects that only this process uses. */
  readonly tenants: { readonly a: string; readonly b: string };
  /**
   * Makes a call as a member of a project, or as the administrator of the cloud. Fails unless the call
   * succeeds.
   */
  call(as: 'a' | 'b' | 'admin', method: string, path: string, call?: Call): Promise<Answer>;
  /** Changes an image as its administrator. */
  patch(imageId: string, ...operations: readonly object[]): Promise<void>;
  /** Returns an image as Glance has it. Its status is 'gone' if it does not exist. */
  show(imageId: string): Promise<Answer['body']>;
  /** Lists the ids of all images of both projects, including unfinished ones. */
  ids(): Promise<string[]>;
}

const rigs = new Map<string, Promise<GlanceRig>>();

/** Returns the Glance of a region, with projects that nobody else uses. A process has one for each region. */
export function glanceRig(region: string): Promise<GlanceRig> {
  const opened = rigs.get(region) ?? open(region);
  rigs.set(region, opened);
  return opened;
}

async function open(region: string): Promise<GlanceRig> {
  const admin = await signInAs('admin', 'admin');
  const url = imageUrl(admin.body.token.catalog, region);
  const [a, b] = [await newProject(admin.token), await newProject(admin.token)];
  const tokens = { a: await memberToken(a), b: await memberToken(b), admin: admin.token };

  const send = async (token: string, method: string, path: string, { headers, body }: Call = {}) => {
    const answer = await request(`${url}/v2/images${path}`, {
      method: method as 'GET',
      headers: { 'x-auth-token': token, ...headers },
      ...(body !== undefined && { body: body as Buffer }),
    });
    const text = await answer.body.text();
    const isJson = String(answer.headers['content-type']).includes('json');
    return { status: answer.statusCode, body: isJson ? JSON.parse(text) : text };
  };
  const call: GlanceRig['call'] = async (as, method, path, options) => {
    const answer = await send(tokens[as], method, path, options);
    if (answer.status < 300) return answer;
    throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
  };
  const idsOf = async (as: 'a' | 'b', query: string) => {
    const { body } = await call(as, 'GET', `?owner=${as === 'a' ? a : b}&limit=1000${query}`);
    return body.images.map(({ id }: { id: string }) => id);
  };
  return {
    url,
    tenants: { a, b },
    call,
    async patch(imageId, ...operations) {
      const headers = { 'content-type': 'application/openstack-images-v2.1-json-patch' };
      await call('admin', 'PATCH', `/${imageId}`, { headers, body: JSON.stringify(operations) });
    },
    async show(imageId) {
      const { status, body } = await send(tokens.admin, 'GET', `/${imageId}`);
      return status === 200 ? body : { status: 'gone' };
    },
    async ids() {
      const lists = (['a', 'b'] as const).flatMap((as) => [idsOf(as, ''), idsOf(as, '&os_hidden=true')]);
      return [...new Set((await Promise.all(lists)).flat())].sort();
    },
  };
}

// biome-ignore lint/suspicious/noExplicitAny: as above
function imageUrl(catalog: any, region: string): string {
  const { endpoints } = catalog.find(({ type }: { type: string }) => type === 'image');
  return endpoints.find(
    (endpoint: { region_id: string; interface: string }) =>
      endpoint.region_id === region && endpoint.interface === 'public',
  ).url;
}

/** Makes a project whose members are alice and the copier. Returns its id. */
async function newProject(admin: string): Promise<string> {
  const name = `images-${crypto.randomUUID()}`;
  const { body } = await keystone('POST', '/projects', admin, { project: { name, domain_id: 'default' } });
  const { id } = body.project;
  const roles = await keystone('GET', '/roles?name=member', admin);
  for (const user of ['alice', 'copier']) {
    const users = await keystone('GET', `/users?name=${user}&domain_id=default`, admin);
    const path = `/projects/${id}/users/${users.body.users[0].id}/roles/${roles.body.roles[0].id}`;
    await keystone('PUT', path, admin);
  }
  return id;
}

async function memberToken(project: string): Promise<string> {
  const user = { name: 'alice', domain: { id: 'default' }, password: PASSWORD };
  const identity = { methods: ['password'], password: { user } };
  const scope = { project: { id: project } };
  return (await keystone('POST', '/auth/tokens', null, { auth: { identity, scope } })).token;
}
