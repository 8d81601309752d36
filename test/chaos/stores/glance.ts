import { randomUUID } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { request } from 'undici';
import type { End, Look, Spot } from '../end.ts';
import { sha512 } from './directory.ts';
import type { GlanceCloud } from './glance-cloud.ts';

const http = (method: RegExp, path: RegExp, what: 'hold' | 'hold-answer' = 'hold'): Spot => ({
  kind: 'http',
  match: { method, path },
  what,
});

interface GlanceImage {
  readonly id: string;
  readonly status: string;
}

const STORE = { driver: 'glance', cloud: 'copier', saving_timeout: '5s' };

/** Returns an end that holds the images of a project in a real Glance. Only one trial uses the project. */
export async function glanceEnd(cloud: GlanceCloud, region: 'ot1' | 'ot2'): Promise<End> {
  const { id: tenant, token } = await cloud.newProject();
  const url = cloud.process.imageUrl(region);
  const call = callsTo(`${url}/v2/images`, token);
  const list = async () =>
    JSON.parse(String(await call('GET', `?limit=100&owner=${tenant}`))).images as GlanceImage[];
  const dataOf = (ids: readonly string[]) =>
    dataIn(join(cloud.process.folder, 'state', `glance-${region}`), ids);
  return {
    objects: false,
    tenant,
    server: url,
    store: (line) => ({ ...STORE, region_name: line?.region ?? region }),
    async seed(data) {
      const id = randomUUID();
      const image = { id, name: 'chaos', disk_format: 'raw', container_format: 'bare' };
      await call('POST', '', JSON.stringify(image));
      await call('PUT', `/${id}/file`, data);
      return id;
    },
    async look(ids): Promise<Look> {
      const all = await list();
      const images = [];
      const rest = [];
      for (const image of all) {
        if (image.status !== 'active') rest.push(`${image.id} ${image.status}`);
        // The image still bears the mark of a job that has not finished it.
        else if ('image_replicator_job' in image) rest.push(`${image.id} bears a job's mark`);
        else {
          const data = await call('GET', `/${image.id}/file`);
          images.push({ id: image.id, sha512: sha512(data), bytes: data.length });
        }
      }
      const known = new Set(all.map(({ id }) => id));
      const orphans = (await dataOf(ids)).filter((name) => !known.has(name));
      return { images, rest: [...rest, ...orphans.map((name) => `data ${name}`)] };
    },
    fingerprint: async (ids) => {
      const seen = (await list()).map(({ id, status }) => `${id} ${status}`);
      return [...seen, ...(await dataOf(ids))].sort().join('\n');
    },
    async spoil(id, how) {
      if (how === 'changed') throw new Error('the data of an image in a Glance never changes');
      await call('DELETE', `/${id}`);
    },
    reads: http(/^GET$/, /\/file$/),
    writes: http(/^PUT$/, /\/file$/),
    steps: {
      prepare: [http(/^POST$/, /\/v2\/images$/)],
      verify: [http(/^PUT$/, /\/file$/, 'hold-answer')],
      commit: [http(/^PATCH$/, /./)],
      discard: [http(/^DELETE$/, /./)],
    },
    close: async () => {
      for (const { id } of await list()) await call('DELETE', `/${id}`).catch(() => {});
    },
  };
}

/**
 * Returns a function that makes calls with a token. It returns the body of the answer, and throws for an
 * error.
 */
function callsTo(url: string, token: string) {
  return async (method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: Buffer | string) => {
    const type = Buffer.isBuffer(body) ? 'application/octet-stream' : 'application/json';
    const answer = await request(`${url}${path}`, {
      method,
      headers: { 'x-auth-token': token, 'content-type': type },
      ...(body !== undefined && { body }),
    });
    const bytes = Buffer.from(await answer.body.arrayBuffer());
    if (answer.statusCode >= 300) throw new Error(`${method} ${path}: ${answer.statusCode} ${bytes}`);
    return bytes;
  };
}

/** Lists the files with data of these images, even of images that Glance no longer knows. */
async function dataIn(folder: string, ids: readonly string[]): Promise<string[]> {
  const stores = ['images', 'images2', 'staging'].map((store) => readdir(join(folder, store)));
  return (await Promise.all(stores)).flat().filter((name) => ids.some((id) => name.includes(id)));
}
