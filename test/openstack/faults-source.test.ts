import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { MIB } from '../support/deployment.ts';
import { addImage, showImage } from './support/images.ts';
import { FILE, type ProxiedRegions, proxiedRegions } from './support/proxied-regions.ts';

const SIZE = 40 * MIB;
const DATA = randomBytes(SIZE);

let it: ProxiedRegions;
beforeEach(async () => {
  it = await proxiedRegions();
  await it.deployment.startWorker();
});
afterEach(() => it.stop());

/** Copies an image, and expects one upload to have been enough. */
async function copyWithOneUpload(): Promise<void> {
  const image = await addImage('ot1', it.alice, DATA);
  const jobId = await it.copy(image.id);
  expect(await it.alice.jobs.ended(jobId)).toMatchObject({ status: 'replicated', bytes_copied: SIZE });
  const copy = await showImage('ot2', it.alice, jobId);
  expect(copy).toMatchObject({ status: 'active', os_hash_value: image.os_hash_value });
  expect(it.destination.count('PUT', FILE)).toBe(1);
}

const downloads = () =>
  it.source.requests.filter(({ method, path, range }) => method === 'GET' && FILE.test(path) && !range);

test('an image whose store has no ranges is read as one stream', async () => {
  it.source.ranges = 'refused';
  await copyWithOneUpload();
  expect(downloads()).toHaveLength(1);
});

test('a stream that breaks off is read again up to where it broke off, and the upload goes on', async () => {
  it.source.ranges = 'ignored';
  // The first one finds out that there are no ranges.
  it.source.inject({ method: 'GET', path: FILE, times: 2, response: { after: 20 * MIB, pause: null } });
  await copyWithOneUpload();
  expect(downloads().length).toBeLessThanOrEqual(3);
});

test('a source that breaks off again and again is read on, and the upload with it', async () => {
  it.source.inject({ method: 'GET', path: FILE, times: 8, response: { after: MIB, pause: null } });
  await copyWithOneUpload();
});

test('while the source stalls, the upload is kept alive for longer than the destination bears a pause', async () => {
  it.source.inject({ method: 'GET', path: FILE, times: 2, response: { after: MIB, pause: 15_000 } });
  await copyWithOneUpload();
});

test('a source that refuses the data of an active image is not called deactivated', async () => {
  it.source.inject({ method: 'GET', path: FILE, times: 1000, status: 403 });
  const image = await addImage('ot1', it.alice, DATA);
  const job = await it.alice.jobs.ended(await it.copy(image.id));
  expect(job).toMatchObject({ status: 'error', fault: { code: 'forbidden', side: 'source' } });
});

test('a source that fails for a while delays the copy only', async () => {
  it.source.inject({ method: 'GET', path: FILE, times: 5, status: 503 });
  await copyWithOneUpload();
});
