import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { HttpRequest } from '@smithy/core/protocols';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { openBucket } from '../../src/stores/s3/bucket.ts';
import { s3Driver } from '../../src/stores/s3/index.ts';
import { s3Objects } from '../../src/stores/s3/object-store.ts';
import { completeUpload, createUpload, putPart } from '../../src/stores/s3/upload.ts';
import { bytesOf } from '../stores/objects-under-test.ts';
import { makeCertificate } from '../support/certificate.ts';
import type { S3Server } from './support/s3-server.ts';
import { chosenServer } from './support/start-server.ts';

const DATA = randomBytes(300_000);
const BUCKET = 'over-tls';
const { signal } = new AbortController();

let folder: string;
let cacert: string;
let server: S3Server;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'image-replicator-tls-'));
  const tls = makeCertificate(folder);
  cacert = tls.cert;
  server = await chosenServer().start({ tls });
  const { client } = openBucket({ ...optionsOf(server.endpoint), cacert });
  await client.send(new CreateBucketCommand({ Bucket: BUCKET }));
});
afterAll(async () => {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

const optionsOf = (endpoint: string) => ({ bucket: BUCKET, endpoint, path_style: true });

test("a server with a trusted authority answers the SDK's calls and our own reads", async () => {
  const { objects } = s3Driver.open({ ...optionsOf(server.endpoint), cacert }, '/');
  if (objects === undefined) throw new Error('a bucket has objects');
  await objects.write('a/b', DATA, signal);
  expect(await bytesOf(objects, 'a/b')).toEqual(DATA);
});

test('a server without a trusted authority is refused, and the operator is told why', async () => {
  const { check } = s3Driver.open(optionsOf(server.endpoint), '/');
  await expect(check()).rejects.toMatchObject({
    code: 'unavailable',
    cause: { message: expect.stringContaining('self-signed certificate') },
  });
});

test.each([
  ['without the hash of its bytes over TLS', () => ({ ...optionsOf(server.endpoint), cacert }), /^UNSIGNED/],
  ['with the hash of its bytes in clear', () => optionsOf(inject('s3Endpoint')), /^[0-9a-f]{64}$/],
])('a part is signed %s', async (_how, options, bodyHash) => {
  const store = openBucket(options());
  await store.client.send(new CreateBucketCommand({ Bucket: BUCKET })).catch(() => {});
  const hashes: (string | undefined)[] = [];
  store.client.middlewareStack.add(
    (next, { commandName }) =>
      (args) => {
        const { request } = args;
        const isPart = commandName === 'UploadPartCommand' && HttpRequest.isInstance(request);
        if (isPart) hashes.push(request.headers['x-amz-content-sha256']);
        return next(args);
      },
    { step: 'finalizeRequest', priority: 'low' },
  );
  const upload = await createUpload(store, 'parts', { mark: 'test' });
  await completeUpload(store, upload, [await putPart(store, upload, 1, DATA, signal)]);
  expect(hashes).toEqual([expect.stringMatching(bodyHash)]);
  expect(await bytesOf(s3Objects(store), 'parts')).toEqual(DATA);
});
