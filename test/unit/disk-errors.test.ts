import { mkdir, mkdtemp, open, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { fromErrno } from '../../src/stores/disk/disk-errors.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'image-replicator-errors-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const faultOf = async (operation: Promise<unknown>) => {
  const error = await operation.then(
    () => undefined,
    (thrown) => thrown,
  );
  return [error?.code, fromErrno(error).code];
};

test('an error of a path, such as a name that is too long, is final', async () => {
  expect(await faultOf(mkdir(join(folder, 'x'.repeat(256))))).toEqual(['ENAMETOOLONG', 'invalid_image']);
  expect(await faultOf(rename(folder, join(folder, 'x')))).toEqual(['EINVAL', 'invalid_image']);
});

test('EINVAL of an open file may pass: it is not the fault of a name', async () => {
  const file = await open(folder, 'r');
  expect(await faultOf(file.truncate(1))).toEqual(['EINVAL', 'unavailable']);
  await file.close();
});
