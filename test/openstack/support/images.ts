import { randomUUID } from 'node:crypto';
import { request } from 'undici';
import { keystone, signInAs } from '../keystone-rig.ts';

/** A caller of Glance: anybody with a token. */
interface User {
  readonly token: string;
}

/** An image as Glance shows it. */
// biome-ignore lint/suspicious/noExplicitAny: each test knows the fields of Glance's answers
type Shown = any;

const addresses = new Map<string, Promise<string>>();

/**
 * Returns the public address of a region's Glance from the catalog. If an address is given instead of a name,
 * returns that address.
 */
export async function imageUrl(region: string): Promise<string> {
  if (region.startsWith('http')) return region;
  const known = addresses.get(region) ?? findImageUrl(region);
  addresses.set(region, known);
  return known;
}

async function findImageUrl(region: string): Promise<string> {
  const { token } = await signInAs('admin', 'admin');
  const { body } = await keystone('GET', `/endpoints?interface=public&region_id=${region}`, token);
  const services = await keystone('GET', '/services?type=image', token);
  const service = services.body.services[0].id;
  return body.endpoints.find((endpoint: Shown) => endpoint.service_id === service).url;
}

/** Makes a call to a region's Glance. Returns the answer, whatever its status is. */
export async function callGlance(
  region: string,
  user: User,
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
  path: string,
  options: { readonly body?: string | Uint8Array; readonly headers?: Record<string, string> } = {},
): Promise<{ readonly status: number; readonly body: Shown }> {
  const answer = await request(`${await imageUrl(region)}/v2/images${path}`, {
    method,
    headers: { 'x-auth-token': user.token, 'content-type': 'application/json', ...options.headers },
    ...(options.body !== undefined && { body: options.body as Buffer }),
  });
  const text = await answer.body.text();
  const isJson = String(answer.headers['content-type']).includes('json');
  return { status: answer.statusCode, body: isJson ? JSON.parse(text) : text };
}

/** Makes an image as a user does: creates it, and then uploads its data. */
export async function addImage(
  region: string,
  user: User,
  data: Uint8Array,
  fields: Record<string, unknown> = {},
): Promise<Shown> {
  const id = randomUUID();
  const image = { id, name: 'test', disk_format: 'raw', container_format: 'bare', ...fields };
  const created = await callGlance(region, user, 'POST', '', { body: JSON.stringify(image) });
  if (created.status !== 201) throw new Error(`create: ${created.status} ${JSON.stringify(created.body)}`);
  const headers = { 'content-type': 'application/octet-stream' };
  const uploaded = await callGlance(region, user, 'PUT', `/${id}/file`, { headers, body: data });
  if (uploaded.status !== 204) throw new Error(`upload: ${uploaded.status} ${uploaded.body}`);
  return showImage(region, user, id);
}

/** Returns an image as a user sees it. Its status is 'gone' if the user cannot see it. */
export async function showImage(region: string, user: User, imageId: string): Promise<Shown> {
  const { status, body } = await callGlance(region, user, 'GET', `/${imageId}`);
  return status === 200 ? body : { status: 'gone' };
}

/** Changes an image by a JSON patch. */
export async function patchImage(region: string, user: User, imageId: string, ...operations: object[]) {
  const headers = { 'content-type': 'application/openstack-images-v2.1-json-patch' };
  return callGlance(region, user, 'PATCH', `/${imageId}`, { headers, body: JSON.stringify(operations) });
}
