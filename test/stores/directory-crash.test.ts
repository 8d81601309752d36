import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { DestinationRef } from '../../src/stores/index.ts';
import { type DirectoryUnderTest, openDirectory } from './directory-under-test.ts';
import { copyFor, makeImage } from './make-image.ts';
import { anyone, codeOf, dataOf, FIRST, LAST, listed, newRef, recordOf } from './store-under-test.ts';

const DATA = randomBytes(1_500_000);

let directory: DirectoryUnderTest;
beforeEach(async () => {
  directory = await openDirectory();
});
afterEach(() => directory.close());

test('a crash in commit leaves no image, and nothing that the next commit would take over', async () => {
  const ref = newRef();
  const record = JSON.stringify(recordOf(DATA, { id: ref.image_id, name: 'unfinished' }));
  await directory.store.prepare(ref, FIRST, copyFor(ref, DATA));
  await writeFile(join(directory.partialOf(ref.image_id), 'image.json'), record);
  expect(await listed(directory.store)).toEqual([]);
  expect(await codeOf(directory.store.inspect(anyone(ref.image_id)))).toBe('not_found');
  await makeImage(directory.store, ref, DATA);
  expect(await directory.filesOf(ref.image_id)).toEqual([
    'data',
    `fence-${LAST}`,
    'image.json',
    `job-${ref.mark}`,
  ]);
  expect((await directory.store.inspect(anyone(ref.image_id))).record.name).not.toBe('unfinished');
});

/** Makes what a worker leaves if it dies in `prepare` after it has made `files` files. */
async function crashInPrepare(ref: DestinationRef, files: number): Promise<void> {
  const folder = join(directory.root, `.${ref.image_id}.${ref.mark}.new`);
  await mkdir(folder);
  for (const name of [`job-${ref.mark}`, 'data'].slice(0, files)) await writeFile(join(folder, name), '');
}

test.each([0, 1, 2])(
  'the next prepare takes over what a crash in prepare left, with %d files',
  async (files) => {
    const ref = newRef();
    await crashInPrepare(ref, files);
    expect(await listed(directory.store)).toEqual([]);
    await makeImage(directory.store, ref, DATA);
    expect((await dataOf(directory.store, ref.image_id)).equals(DATA)).toBe(true);
    expect(await readdir(directory.root)).toEqual([ref.image_id]);
  },
);

test.each([0, 1, 2])('a discard removes what a crash in prepare left, with %d files', async (files) => {
  const ref = newRef();
  await crashInPrepare(ref, files);
  await directory.store.discard(ref, LAST);
  expect(await directory.traces()).toEqual([]);
});

test('the next discard completes an earlier one that was cut off when only a folder was left', async () => {
  const ref = newRef();
  await mkdir(directory.partialOf(ref.image_id));
  await directory.store.discard(ref, LAST);
  expect(await directory.traces()).toEqual([]);
});

test.each(['data', 'parts', 'fence-1'])(
  'the next discard completes an earlier one that was cut off before it removed %s',
  async (left) => {
    const ref = newRef();
    await directory.store.prepare(ref, FIRST, copyFor(ref, DATA));
    await (await directory.store.openSink(ref, 1, DATA.length)).close();
    for (const name of await readdir(directory.partialOf(ref.image_id))) {
      if (name !== left && !name.startsWith('job')) await rm(join(directory.partialOf(ref.image_id), name));
    }
    await directory.store.discard(ref, LAST);
    expect(await directory.traces()).toEqual([]);
  },
);

test('the next discard completes an earlier one that was cut off after it hid an image', async () => {
  const ref = newRef();
  await makeImage(directory.store, ref, DATA);
  await rename(join(directory.root, ref.image_id), directory.partialOf(ref.image_id));
  await directory.store.discard(ref, LAST);
  expect(await directory.traces()).toEqual([]);
});
