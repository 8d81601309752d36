import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { MIB } from '../support/deployment.ts';
import { addImage, showImage } from './support/images.ts';
import { FILE, type ProxiedRegions, proxiedRegions } from './support/proxied-regions.ts';

const DATA = randomBytes(20 * MIB);

let regions: ProxiedRegions;
beforeEach(async () => {
  regions = await proxiedRegions();
  await regions.deployment.startWorker();
});
afterEach(() => regions.stop());

/** Copies an image. Expects that it is whole, and has the id that was reserved for it. */
async function copies(): Promise<void> {
  const image = await addImage('ot1', regions.alice, DATA);
  const jobId = await regions.copy(image.id);
  const job = await regions.alice.jobs.ended(jobId);
  expect(job).toMatchObject({ status: 'replicated', destination_image_id: jobId });
  const copy = await showImage('ot2', regions.alice, jobId);
  expect(copy).toMatchObject({ status: 'active', os_hash_value: image.os_hash_value });
}

test('an upload whose connection breaks is started over on the same image', async () => {
  regions.destination.inject({ method: 'PUT', path: FILE, request: { after: 8 * MIB, pause: null } });
  await copies();
  expect(regions.destination.count('PUT', FILE)).toBe(2);
  expect(regions.destination.count('POST', /\/images$/)).toBe(1);
});

test('an upload that pauses for longer than Glance allows is started over on the same image', async () => {
  regions.destination.inject({ method: 'PUT', path: FILE, request: { after: 8 * MIB, pause: 13_000 } });
  await copies();
  expect(regions.destination.count('PUT', FILE)).toBe(2);
});

test('an upload whose answer is lost is recognised as whole, and not repeated', async () => {
  regions.destination.inject({ method: 'PUT', path: FILE, response: { after: 0, pause: null } });
  regions.destination.inject({ method: 'PATCH', times: 1, status: 503 });
  await copies();
});

test.each(['POST', 'PUT', 'PATCH', 'GET'])(
  'a destination that fails at %s for a while only delays the copy',
  async (method) => {
    regions.destination.inject({ method, times: 2, status: 503 });
    await copies();
  },
);
