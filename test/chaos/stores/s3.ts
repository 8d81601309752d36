import { randomUUID } from 'node:crypto';
import type { End, Look, Spot, Step } from '../end.ts';
import { OBJECT } from '../end.ts';
import { recordOf, sha512 } from './directory.ts';
import { openRawBucket, type RawBucket } from './s3-bucket.ts';

const http = (
  method: RegExp,
  path: RegExp,
  more: { header?: string; without?: string; what?: 'hold' | 'hold-answer' } = {},
): Spot => {
  const { what = 'hold', ...headers } = more;
  return { kind: 'http', match: { method, path, ...headers }, what };
};

/** What the ends for images and the ends for objects have in common. */
const COMMON = {
  tenant: null,
  reads: http(/^GET$/, /^[^?]*(\/data|disks\/)[^?]*(\?|$)/),
  writes: http(/^PUT$/, /partNumber=/, { without: 'x-amz-copy-source' }),
} as const;

const STEPS: Readonly<Record<Exclude<Step, 'commit'>, readonly Spot[]>> = {
  prepare: [http(/^POST$/, /\?uploads/), http(/^PUT$/, /\/job(\?|$)/)],
  verify: [http(/^POST$/, /uploadId=/)],
  discard: [http(/^DELETE$/, /./)],
};

/** Returns an end that holds images in a bucket. */
export async function s3End(endpoint: string): Promise<End> {
  const bucket = await openRawBucket(endpoint, `chaos-${randomUUID()}`);
  return {
    ...COMMON,
    objects: false,
    server: endpoint,
    store: (line) => storeOf(bucket, line?.url ?? endpoint),
    async seed(data) {
      const id = randomUUID();
      await bucket.put(`${id}/data`, data);
      await bucket.put(`${id}/image.json`, JSON.stringify(recordOf(id, data)));
      return id;
    },
    look: () => lookAtImages(bucket),
    fingerprint: () => contentsOf(bucket),
    spoil: (id, how) => spoil(bucket, `${id}/data`, how),
    steps: { ...STEPS, commit: [http(/^PUT$/, /image\.json/)] },
    close: () => bucket.close(),
  };
}

/** Returns an end that holds plain objects in a bucket. */
export async function objectsS3End(endpoint: string): Promise<End> {
  const bucket = await openRawBucket(endpoint, `chaos-${randomUUID()}`);
  return {
    ...COMMON,
    objects: true,
    server: endpoint,
    store: (line) => storeOf(bucket, line?.url ?? endpoint),
    async seed(data) {
      await bucket.put(OBJECT, data);
      return OBJECT;
    },
    look: () => lookAtObjects(bucket),
    fingerprint: () => contentsOf(bucket),
    spoil: (path, how) => spoil(bucket, path, how),
    steps: {
      ...STEPS,
      commit: [
        http(/^PUT$/, /./, { header: 'x-amz-copy-source' }),
        http(/^POST$/, /^[^?]*\/disks\/[^?]*\?.*uploadId=/),
      ],
    },
    close: () => bucket.close(),
  };
}

function storeOf(bucket: RawBucket, endpoint: string) {
  return { driver: 's3', bucket: bucket.name, endpoint, path_style: true };
}

async function contentsOf(bucket: RawBucket): Promise<string> {
  return [...(await bucket.keys()), ...(await bucket.uploads())].join('\n');
}

async function spoil(bucket: RawBucket, key: string, how: 'changed' | 'deleted'): Promise<void> {
  if (how === 'deleted') return bucket.remove(key);
  const data = await bucket.get(key);
  data[0] = (data[0] ?? 0) ^ 1;
  await bucket.put(key, data);
}

async function lookAtImages(bucket: RawBucket): Promise<Look> {
  const keys = await bucket.keys();
  const ids = new Set(
    keys.filter((key) => key.endsWith('/image.json')).map((key) => key.split('/')[0] ?? ''),
  );
  const images = [];
  for (const id of ids) {
    const data = await bucket.get(`${id}/data`).catch(() => Buffer.alloc(0));
    images.push({ id, sha512: sha512(data), bytes: data.length });
  }
  const isOfImage = (key: string) =>
    ids.has(key.split('/')[0] ?? '') && ['data', 'image.json', 'job'].includes(key.split('/')[1] ?? '');
  return { images, rest: [...keys.filter((key) => !isOfImage(key)), ...(await bucket.uploads())] };
}

async function lookAtObjects(bucket: RawBucket): Promise<Look> {
  const keys = await bucket.keys();
  const isHidden = (key: string) => key.startsWith('.image-replicator/');
  const images = [];
  for (const id of keys.filter((key) => !isHidden(key))) {
    const data = await bucket.get(id);
    images.push({ id, sha512: sha512(data), bytes: data.length });
  }
  return { images, rest: [...keys.filter(isHidden), ...(await bucket.uploads())] };
}
