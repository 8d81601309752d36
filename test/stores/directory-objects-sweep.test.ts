import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { lutimes, mkdir, readdir, symlink, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { ObjectStore } from '../../src/stores/index.ts';
import { freshShare } from './share-bench.ts';

const share = freshShare();
const { refTo, fill, outside } = share;

/** Removes everything that nobody can still be working on. */
async function removeAbandoned(objects: ObjectStore): Promise<void> {
  for await (const { changed, abandonedAfter, remove } of objects.leftovers()) {
    if (abandonedAfter !== null && Date.now() - changed.getTime() > abandonedAfter) await remove();
  }
}

test('a sweep does not touch folders that others have put into what it removes', async () => {
  const folder = await outside();
  const removed = join(share.root, '.image-replicator/a.removed');
  await mkdir(join(removed, 'sub'), { recursive: true });
  await writeFile(join(removed, 'sub/file'), '');
  await writeFile(join(removed, 'data'), '');
  await symlink(folder, join(removed, 'link'));
  await symlink(folder, join(share.root, '.image-replicator/b.removed'));
  await utimes(removed, 0, 0);
  await lutimes(join(share.root, '.image-replicator/b.removed'), 0, 0);
  await removeAbandoned(share.objects);
  expect(await share.everything()).toEqual([
    '.image-replicator/a.removed',
    '.image-replicator/a.removed/sub',
    '.image-replicator/a.removed/sub/file',
  ]);
  expect(await readdir(folder)).toEqual(['file']);
});

test('a fence that was set while its folder was removed is removed once it is old', async () => {
  await fill(refTo('x'));
  const hidden = join(share.root, '.image-replicator');
  const [partial = ''] = await readdir(hidden);
  await mkdir(join(hidden, 'rest'));
  await writeFile(join(hidden, 'rest/fence-5'), '');
  await removeAbandoned(share.objects);
  expect((await readdir(hidden)).sort()).toEqual([partial, 'rest'].sort());
  for (const name of ['rest', 'rest/fence-5']) await utimes(join(hidden, name), 0, 0);
  await removeAbandoned(share.objects);
  expect(await readdir(hidden)).toEqual([partial]);
});

test('a sweep removes exactly what nobody writes or removes any more', async () => {
  await fill(refTo('x'));
  const hidden = join(share.root, '.image-replicator');
  const [partial = ''] = await readdir(hidden);
  await utimes(join(hidden, partial), 0, 0);
  const kept = ['small-new', 'a.new', 'a.removed', 'c.new', 'c.removed'];
  for (const name of ['small-new', 'small-old']) await writeFile(join(hidden, name), '');
  for (const name of ['a.new', 'a.removed', 'b.new', 'b.removed']) {
    await mkdir(join(hidden, name));
    await writeFile(join(hidden, name, 'data'), '');
  }
  for (const name of ['small-old', 'b.new', 'b.removed']) await utimes(join(hidden, name), 0, 0);
  const twoHoursAgo = Date.now() / 1000 - 2 * 60 * 60;
  for (const name of ['small-late', 'c.new', 'c.removed']) {
    await writeFile(join(hidden, name), '');
    await utimes(join(hidden, name), twoHoursAgo, twoHoursAgo);
  }
  await removeAbandoned(share.objects);
  expect((await readdir(hidden)).sort()).toEqual([...kept, partial].sort());
});

test('what tenants put in the place of a mark is no mark, and does not stop a sweep', async () => {
  const folder = await outside();
  const hidden = join(share.root, '.image-replicator');
  const strange: Record<string, (owner: string) => Promise<unknown>> = {
    folder: (owner) => mkdir(owner),
    huge: async (owner) => {
      await writeFile(owner, randomUUID());
      await truncate(owner, 2 ** 40);
    },
    link: (owner) => symlink(join(folder, 'file'), owner),
    pipe: async (owner) => execFileSync('mkfifo', [owner]),
    text: (owner) => writeFile(owner, `' OR ''='`),
  };
  for (const [name, put] of Object.entries(strange)) {
    await mkdir(join(hidden, name), { recursive: true });
    await put(join(hidden, name, 'owner'));
  }
  const found: Record<string, string | null> = {};
  for await (const { place, mark } of share.objects.leftovers()) found[place] = mark;
  expect(found).toEqual({ folder: null, huge: null, link: null, pipe: null, text: null });
});

test('a fence with a number that no attempt has does not keep a sweep busy for ever', async () => {
  const partial = join(share.root, '.image-replicator/a');
  await mkdir(partial, { recursive: true });
  await writeFile(join(partial, 'fence-9999999999999999999999'), '');
  for await (const { remove } of share.objects.leftovers()) await remove();
  expect(await readdir(join(share.root, '.image-replicator'))).toEqual([]);
});

test('a sweep leaves alone a file that a person has put among the files in the making', async () => {
  await fill(refTo('x'));
  const notes = join(share.root, '.image-replicator/notes');
  await writeFile(notes, 'of a person');
  await utimes(notes, 0, 0);
  await removeAbandoned(share.objects);
  expect(await share.everything()).toContain('.image-replicator/notes');
});
