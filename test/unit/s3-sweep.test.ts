import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test, vi } from 'vitest';
import { s3Driver } from '../../src/stores/s3/index.ts';

vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');

const [FORBIDDEN, STRAY] = [randomUUID(), randomUUID()];

/**
 * Starts a bucket with an image in the making whose job object nobody may read, with the upload of this
 * image, with an upload that no job object names, and with a key that is not UTF-8.
 */
async function openBucketWithFaults() {
  const keys = ['caf%E9/data', `${FORBIDDEN}/job`].map((key) => `<Contents><Key>${key}</Key></Contents>`);
  const folders = ['caf%E9/', `${STRAY}/`].map(
    (key) => `<CommonPrefixes><Prefix>${key}</Prefix></CommonPrefixes>`,
  );
  const details = '<UploadId>u</UploadId><Initiated>2026-01-01T00:00:00Z</Initiated>';
  const uploads = ['caf%E9', FORBIDDEN, STRAY].map(
    (name) => `<Upload><Key>${name}/data</Key>${details}</Upload>`,
  );
  const url = '<EncodingType>url</EncodingType>';
  const asked: string[] = [];
  const server = createServer(({ url: path = '' }, response) => {
    const { pathname, searchParams } = new URL(path, 'http://s3');
    asked.push(pathname);
    const listed = (searchParams.has('delimiter') ? folders : keys).join('');
    if (searchParams.has('list-type'))
      return response.end(`<ListBucketResult>${url}${listed}</ListBucketResult>`);
    if (searchParams.has('uploads'))
      return response.end(
        `<ListMultipartUploadsResult>${url}${uploads.join('')}</ListMultipartUploadsResult>`,
      );
    if (searchParams.has('uploadId')) return response.end('<ListPartsResult></ListPartsResult>');
    return response.writeHead(pathname === `/b/${FORBIDDEN}/job` ? 403 : 404).end();
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  const options = { bucket: 'b', endpoint: `http://127.0.0.1:${port}`, path_style: true };
  return { store: s3Driver.open(options, '/'), asked };
}

test('what cannot be read hides no other leftover, and is reported at the end', async () => {
  const { store } = await openBucketWithFaults();
  const found: string[] = [];
  const sweep = async () => {
    for await (const { kind, place } of store.leftovers((async function* () {})()))
      found.push(`${kind} ${place}`);
  };
  await expect(sweep()).rejects.toMatchObject({ code: 'forbidden' });
  expect(found).toEqual([`upload ${STRAY}`]);
});

test('a key that is not UTF-8 does not end the list of the images', async () => {
  const { store, asked } = await openBucketWithFaults();
  for await (const _image of store.images(null));
  expect(asked).toContain(`/b/${STRAY}/image.json`);
});
