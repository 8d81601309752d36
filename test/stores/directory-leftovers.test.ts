import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Leftover } from '../../src/stores/index.ts';
import { type DirectoryUnderTest, openDirectory } from './directory-under-test.ts';
import { committing, copyFor, fillImage, makeImage } from './make-image.ts';
import { codeOf, dataOf, FIRST, LAST, listed, newRef } from './store-under-test.ts';

const DATA = randomBytes(1_500_000);
const MARK = '0193a1b2-0000-7000-8000-00000000abcd';

let share: DirectoryUnderTest;
beforeEach(async () => {
  share = await openDirectory();
});
afterEach(() => share.close());

const at = (name: string) => join(share.root, name);

async function found(): Promise<Leftover[]> {
  const leftovers: Leftover[] = [];
  for await (const leftover of share.store.leftovers((async function* () {})())) leftovers.push(leftover);
  return leftovers;
}

test('what an attempt was about to make is found by the mark in its name', async () => {
  await mkdir(at(`.wanted.${MARK}.7.new`));
  const [leftover] = await found();
  expect(leftover).toMatchObject({ place: `.wanted.${MARK}.7.new`, mark: MARK });
  expect(await leftover?.remove()).toBe(true);
  expect(await readdir(share.root)).toEqual([]);
});

test('a folder with an impossible mark is skipped, and the list goes on', async () => {
  for (const name of ['.first.100%.7.new', '.second.partial']) await mkdir(at(name));
  await writeFile(at('.second.partial/job-100%'), '');
  await mkdir(at(`.third.${MARK}.7.new`));
  expect((await found()).map(({ place }) => place)).toEqual([`.third.${MARK}.7.new`]);
});

test.each([
  ['a partial', '.wanted.partial', ['data', 'parts', `job-${MARK}`]],
  ['a partial with its notes', '.wanted.partial', ['data', 'fence-3', 'image.json', `job-${MARK}`, 'whole']],
  ['a folder that is being prepared', `.wanted.${MARK}.new`, [`job-${MARK}`, 'data']],
  ['a partial that is being removed', `.wanted.2.${MARK}.4.removed`, ['data', 'doomed-4']],
])('%s of an earlier version is found with its mark, and removed', async (_what, folder, files) => {
  await mkdir(at(folder));
  for (const file of files) await writeFile(at(`${folder}/${file}`), '');
  const [leftover] = await found();
  expect(leftover).toMatchObject({ place: folder, mark: MARK });
  expect(await leftover?.remove()).toBe(true);
  expect(await readdir(share.root)).toEqual([]);
});

/** Files and folders of persons, whose names look like those that jobs make. */
const OF_PERSONS: readonly (readonly string[])[] = [
  ['results/job-42.log', 'results/data.csv'],
  ['results/fence-1', 'results/job-42'],
  [`results/fence-1`, `results/job-${MARK}`, 'results/notes.txt'],
  [`results/fence-1`, `results/job-${MARK}`, 'results/data/table.csv'],
  [`results/fence-1`, `results/job-${MARK}`, `results/job-${MARK.replace('a', 'b')}`],
  [`.site.partial/job-${MARK}`, '.site.partial/index.html'],
  [`.-site.partial/job-${MARK}`],
  ['.site.old.removed/index.html'],
  ['.site.old.new/data'],
  [`.site.${MARK}.removed/index.html`],
  [`.site.${MARK}.3.new/job-${MARK.replace('a', 'b')}`],
  [`.-site.${MARK}.3.new/data`],
  ['.bashrc.orig.new'],
  [`.bashrc.${MARK}.new`],
  ['.bashrc.partial'],
];

test.each(OF_PERSONS.map((paths) => [paths.join(' and '), paths] as const))(
  "a person's %s stays, and the list goes on",
  async (_what, paths) => {
    for (const path of paths) {
      await mkdir(dirname(at(path)), { recursive: true });
      await writeFile(at(path), '');
    }
    await mkdir(at(`.wanted.${MARK}.7.new`));
    const before = await share.traces();
    expect((await found()).map(({ place }) => place)).toEqual([`.wanted.${MARK}.7.new`]);
    expect(await share.traces()).toEqual(before);
  },
);

test('a folder whose mark is not an empty file belongs to a person', async () => {
  await mkdir(at('results'));
  await writeFile(at(`results/job-${MARK}`), 'the log of a job');
  expect(await found()).toEqual([]);
});

test.each(['.wanted.partial', 'wanted', `.wanted.${MARK}.7.new`])(
  'a leftover into which a person puts a file after the list was made is not removed (%s)',
  async (folder) => {
    await mkdir(at(folder));
    for (const file of [`job-${MARK}`, 'fence-7']) await writeFile(at(`${folder}/${file}`), '');
    const [leftover] = await found();
    await writeFile(at(`${folder}/notes.txt`), DATA);
    expect(await leftover?.remove()).toBe(false);
    expect((await readdir(at(folder))).length).toBe(3);
  },
);

test('a record in a folder that was just removed is found, and is removed once it is old', async () => {
  await mkdir(at('.wanted.partial'));
  await writeFile(at('.wanted.partial/image.json'), '{}');
  const [leftover] = await found();
  expect(leftover).toMatchObject({ mark: null, abandonedAfter: 24 * 60 * 60_000 });
  await leftover?.remove();
  expect(await readdir(share.root)).toEqual([]);
});

test('neither a file that a person is adding nor a folder of somebody else is a leftover', async () => {
  for (const name of ['.adding.partial', 'photos', '.git']) await mkdir(at(name));
  await writeFile(at('.adding.partial/data'), DATA);
  await writeFile(at('photos/cat.jpg'), DATA);
  expect(await found()).toEqual([]);
});

test.each([
  ['a fence alone', ['fence-5'], true],
  ['a doom and a note', ['doomed-7', 'whole-6'], true],
  ["a person's file beside a fence", ['fence-5', 'notes.txt'], false],
  ["a person's half made image", ['image.json'], false],
])(
  'in the place of an image, %s (%s) blocks the id; a sweep removes it: %s',
  async (_what, files, isFound) => {
    const ref = newRef();
    await mkdir(at(ref.image_id));
    for (const file of files) await writeFile(at(`${ref.image_id}/${file}`), '');
    const prepare = () => share.store.prepare(ref, FIRST, copyFor(ref, DATA));
    expect(await codeOf(prepare())).toBe('conflict');
    const leftovers = await found();
    expect(leftovers).toHaveLength(isFound ? 1 : 0);
    for (const leftover of leftovers) {
      expect(leftover).toMatchObject({ place: ref.image_id, mark: null, abandonedAfter: 24 * 60 * 60_000 });
      expect(await leftover.remove()).toBe(true);
    }
    expect(await codeOf(prepare())).toBe(isFound ? 'success' : 'conflict');
  },
);

test('an image that takes the place of a leftover after the list was made is not removed', async () => {
  const ref = newRef();
  await mkdir(at(ref.image_id));
  await writeFile(at(`${ref.image_id}/fence-${LAST}`), '');
  const [leftover] = await found();
  await rm(at(ref.image_id), { recursive: true });
  await makeImage(share.store, ref, DATA);
  expect(await leftover?.remove()).toBe(false);
  expect((await readdir(at(ref.image_id))).length).toBe(4);
});

test.each(['an image', 'a leftover'] as const)(
  'a link to %s in the place of an unfinished image is not a leftover, and does not hide others',
  async (target) => {
    const [image, left] = [newRef(), newRef()];
    await makeImage(share.store, image, DATA);
    await share.store.prepare(left, FIRST, copyFor(left, DATA));
    const others = `.${left.image_id}.partial`;
    const link = { 'an image': at(image.image_id), 'a leftover': at(others) }[target];
    for (const name of ['.0.partial', '0']) await symlink(link, at(name));
    const leftovers = await found();
    expect(leftovers.map(({ place }) => place)).toEqual([others]);
    for (const leftover of leftovers) expect(await leftover.remove()).toBe(true);
    expect((await readdir(share.root)).toSorted()).toEqual(['.0.partial', '0', image.image_id].toSorted());
    expect((await dataOf(share.store, image.image_id)).equals(DATA)).toBe(true);
  },
);

/** Makes an unfinished image that a late rename has moved to the place of the image. */
async function displaced(isFilled: boolean) {
  const ref = newRef();
  await share.store.prepare(ref, FIRST, copyFor(ref, DATA));
  if (isFilled) await fillImage(share.store, ref, DATA);
  await rename(at(`.${ref.image_id}.partial`), at(ref.image_id));
  return ref;
}

test('a folder without a record in the place of an image is not an image, but a leftover', async () => {
  const ref = await displaced(true);
  expect(await listed(share.store)).toEqual([]);
  expect(await share.store.adopt(ref, LAST)).toBeNull();
  const [leftover] = await found();
  expect(leftover).toMatchObject({ place: ref.image_id, mark: ref.mark });
  await leftover?.remove();
  expect(await readdir(share.root)).toEqual([]);
});

test('an image that has got its record after the list was made is not removed', async () => {
  const ref = await displaced(true);
  const [leftover] = await found();
  await writeFile(at(`${ref.image_id}/image.json`), '{}');
  const files = await readdir(at(ref.image_id));
  expect(await leftover?.remove()).toBe(false);
  expect(await readdir(at(ref.image_id))).toEqual(files);
});

test('a commit of a folder in the place of the image adds the record, if all bytes are there', async () => {
  const [whole, hollow] = [await displaced(true), await displaced(false)];
  const commit = (ref: typeof whole) => share.store.commit(committing(ref, DATA), LAST, copyFor(ref, DATA));
  await commit(whole);
  expect((await dataOf(share.store, whole.image_id)).equals(DATA)).toBe(true);
  expect(await codeOf(commit(hollow))).toBe('not_found');
  expect(await listed(share.store)).toEqual([whole.image_id]);
});

test('data that was never completely written is never committed', async () => {
  const ref = newRef();
  await share.store.prepare(ref, FIRST, copyFor(ref, DATA));
  const commit = share.store.commit(committing(ref, DATA), LAST, copyFor(ref, DATA));
  expect(await codeOf(commit)).toBe('not_found');
  expect(await listed(share.store)).toEqual([]);
});

test('an empty folder in the place of an image belongs to nobody, and is used', async () => {
  const ref = newRef();
  await mkdir(at(ref.image_id));
  await share.store.prepare(ref, FIRST, copyFor(ref, DATA));
  await fillImage(share.store, ref, DATA);
  await share.store.commit(committing(ref, DATA), LAST, copyFor(ref, DATA));
  expect(await listed(share.store)).toEqual([ref.image_id]);
  await rm(at(ref.image_id), { recursive: true });
});
