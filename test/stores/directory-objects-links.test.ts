import { mkdir, readdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { directoryDriver } from '../../src/stores/directory/index.ts';
import type { DestinationRef } from '../../src/stores/index.ts';
import { openPartSink } from './make-image.ts';
import { asStore, bytesOf, pathsOf } from './objects-under-test.ts';
import { DATA, freshShare, SECRET } from './share-bench.ts';
import { codeOf, LAST } from './store-under-test.ts';

const { signal } = new AbortController();
const share = freshShare();
const { calls, call, refTo, prepare, commit, outside } = share;

test('a link to a file is neither listed nor followed', async () => {
  const folder = await outside();
  await share.put('a/real', 'real');
  await symlink(join(folder, 'file'), join(share.root, 'a/link'));
  await symlink('real', join(share.root, 'a/near'));
  expect(await pathsOf(share.objects)).toEqual(['a/real']);
  for (const path of ['a/link', 'a/near']) {
    for (const name of ['read', 'inspect', 'openReader'])
      expect(await call(name, path)).toBe('invalid_image');
  }
});

test('a write to the path of a link replaces the link, not its target', async () => {
  const folder = await outside();
  await symlink(join(folder, 'file'), join(share.root, 'link'));
  await share.objects.write('link', DATA, signal);
  expect((await readFile(join(share.root, 'link'))).equals(DATA)).toBe(true);
  expect(await readFile(join(folder, 'file'), 'utf8')).toBe(SECRET);
});

test.each(['../outside', 'a'])(
  'a link to the folder %s is not listed, and no path leads through it',
  async (to) => {
    const folder = await outside();
    await share.put('a/file', 'a');
    await symlink(to, join(share.root, 'link'));
    expect(await pathsOf(share.objects)).toEqual(['a/file']);
    expect(await pathsOf(share.objects, 'link/')).toEqual([]);
    for (const name of calls) {
      for (const path of ['link/file', 'link/new', 'link/new/er']) {
        expect(await call(name, path)).toBe('invalid_image');
      }
    }
    expect(await readdir(folder)).toEqual(['file']);
  },
);

test('the share itself may be a link', async () => {
  await share.put('a/file', DATA);
  await symlink('share', `${share.root}.link`);
  const { objects } = directoryDriver.open({ path: `${share.root}.link` }, '/');
  if (objects === undefined) throw new Error('a directory has files');
  expect(await pathsOf(objects)).toEqual(['a/file']);
  await objects.write('b/file', DATA, signal);
  expect(await readFile(join(share.root, 'b/file'))).toEqual(DATA);
});

test('a share whose link changes is found in its new place', async () => {
  const link = `${share.root}.moving`;
  const moved = `${share.root}.moved`;
  await symlink(share.root, link);
  const { objects } = directoryDriver.open({ path: link }, '/');
  if (objects === undefined) throw new Error('a directory has files');
  await objects.write('a/file', DATA, signal);
  await mkdir(join(moved, 'a'), { recursive: true });
  await rm(link);
  await symlink(moved, link);
  await objects.write('a/later', DATA, signal);
  expect(await readdir(join(moved, 'a'))).toEqual(['later']);
  expect(await readdir(join(share.root, 'a'))).toEqual(['file']);
  await rm(link);
  expect(await codeOf(bytesOf(objects, 'a/later'))).toBe('unavailable');
});

test('while a folder is swapped for a link again and again, nothing outside is read or written', async () => {
  const folder = await outside();
  const swapped = join(share.root, 'a');
  const end = new AbortController();
  const swapping = (async () => {
    while (!end.signal.aborted) {
      // A write may come in between and get in the way.
      await rm(swapped, { recursive: true, force: true }).catch(() => {});
      await symlink(folder, swapped).catch(() => {});
      await rm(swapped, { recursive: true, force: true }).catch(() => {});
      await share.put('a/file', 'inside').catch(() => {});
    }
  })();
  const seen = new Set<string>();
  for (let n = 0; n < 400; n += 1) {
    const data = await bytesOf(share.objects, 'a/file').catch(() => undefined);
    if (data !== undefined) seen.add(Buffer.from(data).toString());
    await share.objects.write('a/new', DATA, signal).catch(() => {});
    for await (const { size } of share.objects.list('', null)) expect(size).not.toBe(SECRET.length);
  }
  end.abort();
  await swapping;
  expect(seen).toContain('inside');
  expect(seen).not.toContain(SECRET);
  expect(await readdir(folder)).toEqual(['file']);
});

describe('a folder that is open', () => {
  let reading: AsyncIterator<unknown>;
  beforeEach(async () => {
    await share.put('held/a', 'a');
    await share.put('held/b', 'b');
    reading = share.objects.list('held/', null)[Symbol.asyncIterator]();
    await reading.next();
  });
  afterEach(() => reading.return?.());

  test('is no longer written to after it was moved away', async () => {
    await rename(join(share.root, 'held'), join(share.root, 'moved'));
    await share.objects.write('held/c', DATA, signal);
    expect(await bytesOf(share.objects, 'held/c')).toEqual(DATA);
    expect(await call('read', 'held/a')).toBe('not_found');
    expect(await share.everything()).toEqual(['held', 'held/c', 'moved', 'moved/a', 'moved/b']);
  });

  test('is no longer written to after it was removed', async () => {
    await rm(join(share.root, 'held'), { recursive: true });
    await share.objects.write('held/c', DATA, signal);
    expect(await share.everything()).toEqual(['held', 'held/c']);
  });

  test('does not open the target of a link that takes its place', async () => {
    const folder = await outside();
    await rm(join(share.root, 'held'), { recursive: true });
    await symlink(folder, join(share.root, 'held'));
    for (const name of calls) expect(await call(name, 'held/file')).toBe('invalid_image');
    expect(await readdir(folder)).toEqual(['file']);
  });
});

test('a link in the place of the hidden folder is not followed', async () => {
  const folder = await outside();
  await symlink(folder, join(share.root, '.image-replicator'));
  for (const name of ['write', 'prepare']) expect(await call(name, 'x')).toBe('invalid_image');
  expect(await readdir(folder)).toEqual(['file']);
});

describe('a link in an unfinished object', () => {
  async function inTheMaking(ref: DestinationRef): Promise<string> {
    await prepare(ref);
    const [name = ''] = await readdir(join(share.root, '.image-replicator'));
    return join(share.root, '.image-replicator', name);
  }

  test('in the place of its folder is not followed', async () => {
    const folder = await outside();
    const ref = refTo('x');
    const partial = await inTheMaking(ref);
    await rm(partial, { recursive: true });
    await symlink(folder, partial);
    expect(await codeOf(share.objects.openSink(ref, 1, DATA.length))).toBe('invalid_image');
    expect(await codeOf(commit(ref))).toBe('invalid_image');
    await share.objects.discard(ref, LAST);
    expect(await readdir(join(share.root, '.image-replicator'))).toEqual([]);
    expect(await readdir(folder)).toEqual(['file']);
  });

  test.each(['data', 'parts'])('in the place of %s is not followed', async (name) => {
    const folder = await outside();
    const ref = refTo('x');
    const partial = await inTheMaking(ref);
    await rm(join(partial, name), { force: true });
    await symlink(join(folder, 'file'), join(partial, name));
    expect(await codeOf(share.objects.openSink(ref, 1, DATA.length))).toBe('unavailable');
    expect(await readFile(join(folder, 'file'), 'utf8')).toBe(SECRET);
  });

  test('in the place of the fence is not followed', async () => {
    const folder = await outside();
    const ref = refTo('x');
    const partial = await inTheMaking(ref);
    await symlink(join(folder, 'new'), join(partial, 'fence-1'));
    expect(await codeOf(share.objects.openSink(ref, 1, DATA.length))).toBe('success');
    expect(await readdir(folder)).toEqual(['file']);
  });

  test('in the place of a note is not followed', async () => {
    const folder = await outside();
    const ref = refTo('x');
    const partial = await inTheMaking(ref);
    await symlink(join(folder, 'new'), join(partial, 'whole'));
    const sink = await openPartSink(asStore(share.objects), ref, 1, DATA.length);
    expect(await codeOf(sink.flush())).toBe('unavailable');
    await sink.close();
    expect(await readdir(folder)).toEqual(['file']);
  });
});
