import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { MIB } from '../support/deployment.ts';
import { addImage, showImage } from './support/images.ts';
import { FILE, type ProxiedRegions, proxiedRegions } from './support/proxied-regions.ts';

const SIZE = 40 * MIB;
const DATA = randomBytes(SIZE);

let regions: ProxiedRegions;
beforeEach(async () => {
  regions = await proxiedRegions();
  await regions.deployment.startWorker();
});
afterEach(() => regions.stop());

/** Copies an image, and expects that there was only one upload. */
async function copyWithOneUpload(): Promise<void> {
  const image = await addImage('ot1', regions.alice, DATA);
  const jobId = await regions.copy(image.id);
  expect(await regions.alice.jobs.ended(jobId)).toMatchObject({ status: 'replicated', bytes_copied: SIZE });
  const copy = await showImage('ot2', regions.alice, jobId);
  expect(copy).toMatchObject({ status: 'active', os_hash_value: image.os_hash_value });
  expect(regions.destination.count('PUT', FILE)).toBe(1);
}

const downloads = () =>
  regions.source.requests.filter(({ method, path, range }) => method === 'GET' && FILE.test(path) && !range);

test('an image whose store has no ranges is read as one stream', async () => {
  regions.source.ranges = 'refused';
  await copyWithOneUpload();
  expect(downloads()).toHaveLength(1);
});

test('a stream that breaks off is replaced by a new one, and the upload goes on', async () => {
  regions.source.ranges = 'ignored';
  // The first request finds that the server ignores ranges.
  regions.source.inject({ method: 'GET', path: FILE, times: 2, response: { after: 20 * MIB, pause: null } });
  await copyWithOneUpload();
  expect(downloads().length).toBeLessThanOrEqual(3);
});

test('a source that breaks off again and again is read on, in one upload', async () => {
  regions.source.inject({ method: 'GET', path: FILE, times: 8, response: { after: MIB, pause: null } });
  await copyWithOneUpload();
});

test('while the source stalls, the upload is kept alive for longer than the destination allows a pause', async () => {
  regions.source.inject({ method: 'GET', path: FILE, times: 2, response: { after: MIB, pause: 15_000 } });
  await copyWithOneUpload();
});

test('a source that refuses the data of an active image is not called deactivated', async () => {
  regions.source.inject({ method: 'GET', path: FILE, times: 1000, status: 403 });
  const image = await addImage('ot1', regions.alice, DATA);
  const job = await regions.alice.jobs.ended(await regions.copy(image.id));
  expect(job).toMatchObject({ status: 'error', fault: { code: 'forbidden', side: 'source' } });
});

test('a source that fails for a while only delays the copy', async () => {
  regions.source.inject({ method: 'GET', path: FILE, times: 5, status: 503 });
  await copyWithOneUpload();
});
