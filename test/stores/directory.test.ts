import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { MIB } from '../../src/memory/index.ts';
import type { Leftover } from '../../src/stores/index.ts';
import { storeContract } from './contract.ts';
import { alteredDataContract } from './contract-altered-data.ts';
import { partSinkContract } from './contract-part-sink.ts';
import { recordsContract } from './contract-records.ts';
import { DIRECTORY_TRAITS, type DirectoryUnderTest, openDirectory } from './directory-under-test.ts';
import { copyFor, makeImage, openPartSink } from './make-image.ts';
import { anyone, codeOf, dataOf, FIRST, LAST, listed, newRef, recordOf } from './store-under-test.ts';

storeContract('directory', openDirectory, DIRECTORY_TRAITS);
partSinkContract('directory', openDirectory, DIRECTORY_TRAITS);
alteredDataContract('directory', openDirectory);
recordsContract('directory', openDirectory);

const DATA = randomBytes(1_500_000);

let directory: DirectoryUnderTest;
beforeEach(async () => {
  directory = await openDirectory();
});
afterEach(() => directory.close());

test('zeros of the source take no disk space', async () => {
  const ref = newRef();
  const size = 64 * MIB;
  const zeros = Buffer.alloc(MIB);
  const record = recordOf(zeros, { id: ref.image_id, size });
  await directory.store.prepare(ref, FIRST, record);
  const sink = await openPartSink(directory.store, ref, 1, size);
  for (let at = 0; at < size; at += MIB) await sink.write(at, at === 8 * MIB ? DATA.subarray(0, MIB) : zeros);
  await sink.flush();
  await sink.close();
  await directory.store.commit(ref, LAST, record);
  const { size: length, blocks } = await stat(join(directory.root, ref.image_id, 'data'));
  expect(length).toBe(size);
  expect(blocks * 512).toBeGreaterThanOrEqual(MIB);
  expect(blocks * 512).toBeLessThan(4 * MIB);
});

test("a committed image is a folder with the record, the data, the job's mark and the fence", async () => {
  const ref = newRef();
  await makeImage(directory.store, ref, DATA);
  expect(await directory.filesOf(ref.image_id)).toEqual([
    'data',
    `fence-${LAST}`,
    'image.json',
    `job-${ref.mark}`,
  ]);
});

test('if the folder is missing, its disk is not mounted, and every call fails', async () => {
  const ref = newRef();
  const { id } = await directory.addImage(DATA);
  const { pin } = await directory.store.inspect(anyone(id));
  await directory.store.prepare(ref, FIRST, copyFor(ref, DATA));
  await rename(directory.root, `${directory.root}.gone`);
  const record = recordOf(DATA, { id: ref.image_id });
  const calls = {
    check: () => directory.store.check(),
    images: () => listed(directory.store),
    inspect: () => directory.store.inspect(anyone(id)),
    openReader: () => directory.store.openReader(anyone(id), pin),
    prepare: () => directory.store.prepare(ref, FIRST, record),
    openSink: () => directory.store.openSink(ref, 1, DATA.length),
    commit: () => directory.store.commit(ref, LAST, record),
    discard: () => directory.store.discard(ref, LAST),
  };
  const codes: Record<string, string> = {};
  for (const [name, call] of Object.entries(calls)) codes[name] = await codeOf(call());
  expect(codes).toEqual(Object.fromEntries(Object.keys(calls).map((name) => [name, 'unavailable'])));
  await rename(`${directory.root}.gone`, directory.root);
  await directory.store.discard(ref, LAST);
  expect(await listed(directory.store)).toEqual([id]);
});

test('a folder without a record is not an image, and does not hide any', async () => {
  const { id } = await directory.addImage(DATA);
  await mkdir(join(directory.root, 'just-a-folder'));
  expect(await codeOf(directory.store.inspect(anyone('just-a-folder')))).toBe('not_found');
  expect(await listed(directory.store)).toEqual([id]);
});

test('a file beside the images is not an image, and does not hide any', async () => {
  const { id } = await directory.addImage(DATA);
  await writeFile(join(directory.root, 'README'), 'images of region ot1');
  expect(await codeOf(directory.store.inspect(anyone('README')))).toBe('not_found');
  expect(await listed(directory.store)).toEqual([id]);
});

test('a line of the journal that a crash cut short is ignored, and does not damage the next line', async () => {
  const ref = newRef();
  await directory.store.prepare(ref, FIRST, copyFor(ref, Buffer.alloc(300)));
  await writeFile(join(directory.partialOf(ref.image_id), 'parts'), '0 100\n20');
  const sink = await openPartSink(directory.store, ref, 1, 300);
  expect(sink.received).toEqual([[0, 100]]);
  await sink.complete([0, 50]);
  await sink.complete([100, 200]);
  await sink.close();
  const next = await openPartSink(directory.store, ref, 2, 300);
  expect(next.received).toEqual([[0, 200]]);
  expect(next.durable).toEqual([
    [0, 50],
    [100, 200],
  ]);
  await next.close();
});

test('`register` makes an image of a file, with its digest', async () => {
  const file = join(directory.root, '..', 'file.img');
  await writeFile(file, DATA);
  const image = { name: 'mine', owner: 'tenant-a', disk_format: 'raw' };
  const record = await directory.store.register?.(file, image);
  expect(record).toMatchObject({ ...image, size: DATA.length, status: 'active', visibility: 'private' });
  expect(record?.os_hash_value).toBe(recordOf(DATA).os_hash_value);
  expect((await dataOf(directory.store, record?.id ?? '')).equals(DATA)).toBe(true);
  expect(directory.store.locate(record?.id ?? '')).toBe(join(directory.root, record?.id ?? '', 'data'));
});

test('`register` leaves nothing in the folder of the image but the record and the data', async () => {
  const file = join(directory.root, '..', 'file.img');
  await writeFile(file, DATA);
  const image = { name: 'mine', owner: null, disk_format: 'raw' };
  const record = await directory.store.register?.(file, image);
  expect((await readdir(join(directory.root, record?.id ?? ''))).sort()).toEqual(['data', 'image.json']);
});

test('what `register` is making bears a mark, by which a sweep can remove it', async () => {
  const pipe = join(directory.root, '..', 'pipe');
  execFileSync('mkfifo', [pipe]);
  const begun = Promise.withResolvers<void>();
  const image = { name: 'mine', owner: null, disk_format: 'raw' };
  const registering = directory.store.register?.(pipe, image, { moved: () => begun.resolve() });
  const outcome = codeOf(registering ?? Promise.reject());
  const writer = await open(pipe, 'w');
  await writer.write(DATA.subarray(0, 1000));
  await begun.promise;
  const leftovers: Leftover[] = [];
  for await (const found of directory.store.leftovers((async function* () {})())) leftovers.push(found);
  expect(leftovers).toEqual([
    expect.objectContaining({
      kind: 'image in the making',
      mark: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f-]{27}$/),
    }),
  ]);
  expect(await leftovers[0]?.remove()).toBe(true);
  await writer.close();
  expect(await outcome).not.toBe('success');
  expect(await directory.traces()).toEqual([]);
});

test('`register` of a missing file leaves nothing', async () => {
  const image = { name: 'mine', owner: null, disk_format: 'raw' };
  await expect(directory.store.register?.(join(directory.root, 'missing.img'), image)).rejects.toThrow();
  expect(await directory.traces()).toEqual([]);
});

test('writes go to the folder that was opened, even if it is moved, until it is removed', async () => {
  const ref = newRef();
  await directory.store.prepare(ref, FIRST, copyFor(ref, DATA));
  const sink = await openPartSink(directory.store, ref, 1, DATA.length);
  await rename(directory.root, `${directory.root}.away`);
  await sink.write(0, DATA);
  await rename(`${directory.root}.away`, directory.root);
  await rm(directory.partialOf(ref.image_id), { recursive: true });
  expect(await codeOf(sink.write(0, DATA))).toBe('not_found');
  await sink.close();
});
