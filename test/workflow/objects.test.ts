import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CopyRequest } from '../../src/copy-job/index.ts';
import { endOf, type Rig, startRig } from '../support/workflow-rig.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig();
});
afterAll(() => rig?.stop());

const DATA = randomBytes(3_000_000);

const fileOf = (region: string, path: string) => join(rig.deployment.folder, region, path);

async function put(region: string, path: string, data: Buffer): Promise<void> {
  await mkdir(dirname(fileOf(region, path)), { recursive: true });
  await writeFile(fileOf(region, path), data);
}

const copied = async (source: string, destination?: string) => {
  const request: CopyRequest = {
    objects: true,
    source: { region: 'ot1', image_id: source },
    destination: { region: 'ot2', ...(destination !== undefined && { image_id: destination }) },
  };
  const handle = await rig.startWith(request);
  return { handle, ...(await endOf({ handle })) };
};

test('a plain file is copied to another path, and replaces the file there', async () => {
  await put('ot1', 'deep/a b', DATA);
  await put('ot2', 'other/ü', Buffer.from('old'));
  const { closed, details } = await copied('deep/a b', 'other/ü');
  expect(closed).toBe('COMPLETED');
  expect(details).toMatchObject({
    objects: true,
    status: 'replicated',
    source_image_id: 'deep/a b',
    source_image_name: 'a b',
    destination_image_id: 'other/ü',
    image_size: DATA.length,
    sha512: createHash('sha512').update(DATA).digest('hex'),
    verified_by: 'none',
  });
  expect((await readFile(fileOf('ot2', 'other/ü'))).equals(DATA)).toBe(true);
});

test('a path may be long; if the request names only one path, it is the same in both regions', async () => {
  const path = `${'ü'.repeat(120)}/${'x'.repeat(200)}/${'y'.repeat(200)}/z`;
  await put('ot1', path, DATA);
  const { closed, handle } = await copied(path);
  expect(closed).toBe('COMPLETED');
  expect((await readFile(fileOf('ot2', path))).equals(DATA)).toBe(true);
  const { searchAttributes } = await handle.describe();
  expect(searchAttributes.CopySourceImageId).toEqual([path.slice(0, 255)]);
});

test('an image is not found as an object by its id', async () => {
  const image = await rig.deployment.addImage('ot1', 1000);
  const { details } = await copied(image.id);
  expect(details).toMatchObject({ status: 'error', fault: { code: 'not_found', side: 'source' } });
});

test('an invalid path fails the copy, and the fault names it', async () => {
  await put('ot1', 'x', DATA);
  const path = `../${randomUUID()}`;
  const { details } = await copied('x', path);
  expect(details).toMatchObject({ status: 'error', fault: { code: 'invalid_image', side: 'destination' } });
  expect(details.fault?.message).toContain(path);
});

test('`retry` refuses a copy of an object', async () => {
  const { handle } = await copied('not/there');
  const { code, stderr } = await rig.deployment.command('retry', handle.workflowId);
  expect({ code, stderr }).toMatchObject({ code: 5, stderr: expect.stringContaining('object') });
});
