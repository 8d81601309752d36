import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { DestinationRef } from '../../src/stores/index.ts';
import { storeContract } from './contract.ts';
import { type DirectoryUnderTest, openDirectory } from './directory-under-test.ts';
import { anyone, codeOf, dataOf, listed, makeImage, newRef, recordOf } from './store-under-test.ts';

storeContract('directory', openDirectory);

const MIB = 1024 * 1024;
const DATA = randomBytes(1_500_000);

let it: DirectoryUnderTest;
beforeEach(async () => {
  it = await openDirectory();
});
afterEach(() => it.close());

const partialOf = (imageId: string) => join(it.root, `.${imageId}.partial`);
const filesOf = async (imageId: string) => (await readdir(join(it.root, imageId))).sort();

test('an image takes no room where its source has zeros', async () => {
  const ref = newRef();
  const size = 64 * MIB;
  await it.store.prepare(ref, size);
  const sink = await it.store.openSink(ref, 1, size);
  const zeros = Buffer.alloc(MIB);
  for (let at = 0; at < size; at += MIB) await sink.write(at, at === 8 * MIB ? DATA.subarray(0, MIB) : zeros);
  await sink.flush();
  await sink.close();
  await it.store.commit(ref, recordOf(zeros, { id: ref.image_id, size }));
  const { size: length, blocks } = await stat(join(it.root, ref.image_id, 'data'));
  expect(length).toBe(size);
  expect(blocks * 512).toBeGreaterThanOrEqual(MIB);
  expect(blocks * 512).toBeLessThan(4 * MIB);
});

test('a committed image is a folder of its record, its data and its mark', async () => {
  const ref = newRef();
  await makeImage(it.store, ref, DATA);
  expect(await filesOf(ref.image_id)).toEqual(['data', 'image.json', expect.stringMatching(/^job/)]);
});

test('a crash in commit leaves no image, and nothing that the next commit would keep', async () => {
  const ref = newRef();
  const record = JSON.stringify(recordOf(DATA, { id: ref.image_id, name: 'unfinished' }));
  await it.store.prepare(ref, DATA.length);
  await writeFile(join(partialOf(ref.image_id), 'image.json'), record);
  expect(await listed(it.store)).toEqual([]);
  expect(await codeOf(it.store.inspect(anyone(ref.image_id)))).toBe('not_found');
  await makeImage(it.store, ref, DATA);
  expect(await filesOf(ref.image_id)).toEqual(['data', 'image.json', expect.stringMatching(/^job/)]);
  expect((await it.store.inspect(anyone(ref.image_id))).record.name).not.toBe('unfinished');
});

/** What a worker leaves that dies in prepare, after it has made some of the files. */
async function crashInPrepare(ref: DestinationRef, files: number): Promise<void> {
  const folder = join(it.root, `.${ref.image_id}.${ref.mark}.new`);
  await mkdir(folder);
  for (const name of [`job-${ref.mark}`, 'data'].slice(0, files)) await writeFile(join(folder, name), '');
}

test.each([0, 1, 2])(
  'what a crash in prepare left, with %d files, is taken up by the next one',
  async (files) => {
    const ref = newRef();
    await crashInPrepare(ref, files);
    expect(await listed(it.store)).toEqual([]);
    await makeImage(it.store, ref, DATA);
    expect((await dataOf(it.store, ref.image_id)).equals(DATA)).toBe(true);
    expect(await readdir(it.root)).toEqual([ref.image_id]);
  },
);

test.each([0, 1, 2])('what a crash in prepare left, with %d files, is removed by discard', async (files) => {
  const ref = newRef();
  await crashInPrepare(ref, files);
  await it.store.discard(ref);
  expect(await it.traces()).toEqual([]);
});

test('a discard that was cut off with an emptied folder left is finished by the next', async () => {
  const ref = newRef();
  await mkdir(partialOf(ref.image_id));
  await it.store.discard(ref);
  expect(await it.traces()).toEqual([]);
});

test.each(['data', 'parts', 'fence-1'])(
  'a discard that was cut off before it removed %s is finished by the next',
  async (left) => {
    const ref = newRef();
    await it.store.prepare(ref, DATA.length);
    await (await it.store.openSink(ref, 1, DATA.length)).close();
    for (const name of await readdir(partialOf(ref.image_id))) {
      if (name !== left && !name.startsWith('job')) await rm(join(partialOf(ref.image_id), name));
    }
    await it.store.discard(ref);
    expect(await it.traces()).toEqual([]);
  },
);

test('a discard that was cut off after it made an image invisible is finished by the next', async () => {
  const ref = newRef();
  await makeImage(it.store, ref, DATA);
  await rename(join(it.root, ref.image_id), partialOf(ref.image_id));
  await it.store.discard(ref);
  expect(await it.traces()).toEqual([]);
});

test('a folder that is gone is a disk that is not mounted: nothing succeeds', async () => {
  const ref = newRef();
  const { id } = await it.addImage(DATA);
  const { pin } = await it.store.inspect(anyone(id));
  await it.store.prepare(ref, DATA.length);
  await rename(it.root, `${it.root}.gone`);
  const record = recordOf(DATA, { id: ref.image_id });
  const calls = {
    check: () => it.store.check(),
    images: () => listed(it.store),
    inspect: () => it.store.inspect(anyone(id)),
    openReader: () => it.store.openReader(anyone(id), pin),
    prepare: () => it.store.prepare(ref, DATA.length),
    openSink: () => it.store.openSink(ref, 1, DATA.length),
    commit: () => it.store.commit(ref, record),
    discard: () => it.store.discard(ref),
  };
  const codes: Record<string, string> = {};
  for (const [name, call] of Object.entries(calls)) codes[name] = await codeOf(call());
  expect(codes).toEqual(Object.fromEntries(Object.keys(calls).map((name) => [name, 'unavailable'])));
  await rename(`${it.root}.gone`, it.root);
  await it.store.discard(ref);
  expect(await listed(it.store)).toEqual([id]);
});

test.each<[string, string]>([
  ['is no JSON', '{'],
  ['is empty', ''],
  ['is a list', '[]'],
  ['lacks a field', JSON.stringify({ ...recordOf(DATA), size: undefined })],
  ['has a negative size', JSON.stringify(recordOf(DATA, { size: -1 }))],
  ['has a digest that is none', JSON.stringify(recordOf(DATA, { os_hash_value: 'abc' }))],
])('a record that %s makes the image invalid', async (_what, text) => {
  const { id } = await it.addImage(DATA);
  await writeFile(join(it.root, id, 'image.json'), text);
  expect(await codeOf(it.store.inspect(anyone(id)))).toBe('invalid_image');
});

test('a folder without a record is no image, and hides none', async () => {
  const { id } = await it.addImage(DATA);
  await mkdir(join(it.root, 'just-a-folder'));
  expect(await codeOf(it.store.inspect(anyone('just-a-folder')))).toBe('not_found');
  expect(await listed(it.store)).toEqual([id]);
});

test('a file beside the images is no image, and hides none', async () => {
  const { id } = await it.addImage(DATA);
  await writeFile(join(it.root, 'README'), 'images of region ot1');
  expect(await codeOf(it.store.inspect(anyone('README')))).toBe('not_found');
  expect(await listed(it.store)).toEqual([id]);
});

test('a line of the journal that a crash has torn does not count, nor does it spoil the next', async () => {
  const ref = newRef();
  await it.store.prepare(ref, 300);
  await writeFile(join(partialOf(ref.image_id), 'parts'), '0 100\n100 2');
  const sink = await it.store.openSink(ref, 1, 300);
  expect(sink.received).toEqual([[0, 100]]);
  await sink.complete([100, 200]);
  await sink.complete([200, 300]);
  await sink.close();
  const next = await it.store.openSink(ref, 2, 300);
  for (const [start] of next.received) expect([0, 200]).toContain(start);
  await next.close();
});

test('register makes a file an image with its digest', async () => {
  const file = join(it.root, '..', 'file.img');
  await writeFile(file, DATA);
  const image = { name: 'mine', owner: 'tenant-a', disk_format: 'raw' };
  const record = await it.store.register?.(file, image);
  expect(record).toMatchObject({ ...image, size: DATA.length, status: 'active', visibility: 'private' });
  expect(record?.os_hash_value).toBe(recordOf(DATA).os_hash_value);
  expect((await dataOf(it.store, record?.id ?? '')).equals(DATA)).toBe(true);
  expect(it.store.locate(record?.id ?? '')).toBe(join(it.root, record?.id ?? '', 'data'));
});

test('register of a file that is not there leaves nothing', async () => {
  const image = { name: 'mine', owner: null, disk_format: 'raw' };
  await expect(it.store.register?.(join(it.root, 'missing.img'), image)).rejects.toThrow();
  expect(await it.traces()).toEqual([]);
});
