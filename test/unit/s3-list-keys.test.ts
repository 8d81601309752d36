import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test, vi } from 'vitest';
import { openBucket } from '../../src/stores/s3/bucket.ts';
import { s3Driver } from '../../src/stores/s3/index.ts';
import { keyFrom } from '../../src/stores/s3/list-keys.ts';
import { listUploads } from '../../src/stores/s3/list-uploads.ts';
import { s3Objects } from '../../src/stores/s3/object-store.ts';
import { pathsOf } from '../stores/objects-under-test.ts';

vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');

const KEYS = ['a\tb', 'a\nb', 'a\x01b/x', 'a b+c%20', 'z\x7f😀'].sort();
const asXml = (encode: (key: string) => string) => KEYS.map((key) => `<Key>${encode(key)}</Key>`);

/**
 * Starts a server that lists keys. If it `encodes`, it obeys `encoding-type=url`, as Amazon's does. Otherwise
 * it replaces characters that XML cannot hold with U+FFFD, as versitygw does.
 */
async function listServer({ encodes }: { encodes: boolean }) {
  const asked: URL[] = [];
  const server = createServer(({ url = '', method }, response) => {
    const address = new URL(url, 'http://s3');
    asked.push(address);
    if (method === 'HEAD') return response.writeHead(404).end();
    const isEncoded = encodes && address.searchParams.get('encoding-type') === 'url';
    const keys = isEncoded
      ? asXml((key) => encodeURIComponent(key).replaceAll('%20', '+'))
      : asXml((key) => key.replaceAll(/(?![\t\n])\p{Cc}/gu, '\ufffd'));
    const type = isEncoded ? '<EncodingType>url</EncodingType>' : '';
    const contents = keys.map((key) => `<Contents>${key}<Size>1</Size></Contents>`).join('');
    return response.end(`<ListBucketResult>${type}${contents}</ListBucketResult>`);
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  const options = { bucket: 'b', endpoint: `http://127.0.0.1:${port}`, path_style: true };
  return { options, asked, objects: s3Objects(openBucket(options)) };
}

test('keys with control characters are listed as they are', async () => {
  const { objects } = await listServer({ encodes: true });
  expect(await pathsOf(objects)).toEqual(KEYS);
});

test('a list with a key that XML cannot hold ends with an error that says why', async () => {
  const { objects } = await listServer({ encodes: false });
  await expect(pathsOf(objects)).rejects.toMatchObject({
    code: 'invalid_image',
    message: expect.stringContaining('does not support encoding-type=url'),
  });
});

test('every list of a store asks for encoded keys', async () => {
  const { options, asked } = await listServer({ encodes: true });
  const store = s3Driver.open(options, '/');
  for await (const _image of store.images(null));
  for await (const _leftover of store.leftovers((async function* () {})()));
  if (store.objects !== undefined) for await (const _leftover of store.objects.leftovers());
  const lists = asked.filter(({ searchParams }) =>
    ['list-type', 'uploads'].some((name) => searchParams.has(name)),
  );
  expect(lists.length).toBeGreaterThanOrEqual(5);
  for (const { searchParams } of lists) expect(searchParams.get('encoding-type')).toBe('url');
});

test('a key that is not UTF-8 is an error', () => {
  expect(() => keyFrom('caf%E9', { EncodingType: 'url' })).toThrow('the key caf%E9 is not UTF-8');
  expect(keyFrom('caf%E9+', {})).toBe('caf%E9+');
});

/**
 * Starts a server whose every list has a first page that is not the last, and that does not say where the
 * list goes on: it answers as ListObjects does, and has no markers of uploads.
 */
async function endlessServer() {
  const server = createServer(({ url = '' }, response) => {
    const { searchParams } = new URL(url, 'http://s3');
    const isTruncated = '<IsTruncated>true</IsTruncated>';
    if (searchParams.has('uploads')) {
      const upload = '<Upload><Key>a</Key><UploadId>u</UploadId></Upload>';
      const list = `${isTruncated}${upload}`;
      return response.end(`<ListMultipartUploadsResult>${list}</ListMultipartUploadsResult>`);
    }
    const contents = '<Contents><Key>a</Key><Size>1</Size></Contents><NextMarker>a</NextMarker>';
    return response.end(`<ListBucketResult>${isTruncated}${contents}</ListBucketResult>`);
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  return openBucket({ bucket: 'b', endpoint: `http://127.0.0.1:${port}`, path_style: true });
}

test('a list that goes on, but does not say where, ends with an error, and not as the whole list', async () => {
  const bucket = await endlessServer();
  await expect(pathsOf(s3Objects(bucket))).rejects.toMatchObject({
    code: 'invalid_image',
    message: 'the object store cannot list on after the first page, because it does not support list-type=2',
  });
});

test('a list of uploads that goes on, but does not say where, ends with an error after its first page', async () => {
  const found: string[] = [];
  const listing = async () => {
    for await (const { Key } of listUploads(await endlessServer(), '')) found.push(Key);
  };
  await expect(listing()).rejects.toMatchObject({
    code: 'invalid_image',
    message: expect.stringContaining('does not support key-marker'),
  });
  expect(found).toEqual(['a']);
});
