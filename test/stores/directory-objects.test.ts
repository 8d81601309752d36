import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { lutimes, mkdir, readdir, readFile, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { makeFolder } from '../../src/stores/directory/folder.ts';
import { directoryDriver } from '../../src/stores/directory/index.ts';
import { sharedFolders } from '../../src/stores/directory/shared-folders.ts';
import type { DestinationRef, ObjectStore } from '../../src/stores/index.ts';
import { objectsContract } from './contract-objects.ts';
import { partSinkContract } from './contract-part-sink.ts';
import { openShare, type ShareUnderTest } from './directory-objects-under-test.ts';
import { DIRECTORY_TRAITS } from './directory-under-test.ts';
import { committing, copyFor, fillSink, openPartSink } from './make-image.ts';
import { asImages, asStore, bytesOf, pathsOf } from './objects-under-test.ts';
import { anyone, codeOf, digestsOfBytes, FIRST, LAST, newRef } from './store-under-test.ts';

objectsContract('directory', openShare);
partSinkContract("a directory's objects", () => asImages(openShare), DIRECTORY_TRAITS);

let it: ShareUnderTest;
beforeEach(async () => {
  it = await openShare();
});
afterEach(() => it.close());

const DATA = randomBytes(300_000);
const { signal } = new AbortController();
const SECRET = 'outside of the share';
const refTo = (path: string) => newRef({ image_id: path, digests: digestsOfBytes(DATA) });
const prepare = (ref: DestinationRef) => it.objects.prepare(ref, FIRST, copyFor(ref, DATA));
const commit = (ref: DestinationRef) => it.objects.commit(committing(ref, DATA), LAST, copyFor(ref, DATA));
async function fill(ref: DestinationRef): Promise<void> {
  await prepare(ref);
  const sink = await it.objects.openSink(ref, 1, DATA.length);
  await fillSink(sink, DATA);
  await sink.close();
}

/** A folder and a file that no path of the share may lead to. */
async function outside(): Promise<string> {
  const folder = join(it.root, '../outside');
  await mkdir(folder);
  await writeFile(join(folder, 'file'), SECRET);
  return folder;
}

/** All that can be done with a path. */
const CALLS: Record<string, (path: string) => Promise<unknown>> = {
  read: (path) => bytesOf(it.objects, path),
  inspect: (path) => it.objects.inspect(anyone(path)),
  openReader: (path) => it.objects.openReader(anyone(path), 'pin'),
  write: (path) => it.objects.write(path, DATA, signal),
  prepare: (path) => prepare(refTo(path)),
};
const calls = Object.keys(CALLS);
const call = (name: string, path: string) => codeOf(CALLS[name]?.(path) ?? Promise.reject());

test.each([
  '..',
  '.',
  '../share/a',
  'a/../b',
  'a/./b',
  '/a',
  '/etc/passwd',
  'a//b',
  '//',
  '.image-replicator',
  `${'ü'.repeat(128)}/a`,
  'x'.repeat(256),
])('%j leads nowhere, and the message names it', async (path) => {
  for (const name of calls) {
    expect(await call(name, path)).toBe('invalid_image');
    await expect(CALLS[name]?.(path)).rejects.toThrow(path);
  }
  expect(await it.everything()).toEqual([]);
});

test.each(['/', '/etc/', '../', 'a/../', '.image-replicator/', 'a//'])(
  'a prefix that no path has is refused (%j)',
  async (prefix) => {
    expect(await codeOf(pathsOf(it.objects, prefix))).toBe('invalid_image');
  },
);

test.each([
  'x'.repeat(255),
  'ü'.repeat(127),
  '...',
  '..a',
  ' ',
  'a\nb',
  'a\\b',
  '-rf',
  '*',
  '.hidden',
  `${'d/'.repeat(300)}x`,
])('a name may be odd: %j', async (path) => {
  await it.objects.write(path, DATA, signal);
  expect((await bytesOf(it.objects, path)).equals(DATA)).toBe(true);
  expect(await pathsOf(it.objects)).toEqual([path]);
});

test('a name that is no UTF-8 is listed, and not found by who reads it', async () => {
  await writeFile(Buffer.concat([Buffer.from(`${it.root}/caf`), Buffer.from([0xe9])]), 'latin1');
  const [path = ''] = await pathsOf(it.objects);
  expect(path).toBe('caf\ufffd');
  expect(await call('inspect', path)).toBe('not_found');
});

test('a folder whose name is no UTF-8 is listed with its fault, once', async () => {
  const folder = Buffer.concat([Buffer.from(`${it.root}/caf`), Buffer.from([0xe9])]);
  await mkdir(folder);
  await writeFile(Buffer.concat([folder, Buffer.from('/file')]), 'lost');
  await it.put('cafe', '');
  await it.put('d', '');
  const list = async (after: string | null) => {
    const entries: [string, string | undefined][] = [];
    for await (const { path, fault } of it.objects.list('', after)) entries.push([path, fault?.code]);
    return entries;
  };
  expect(await list(null)).toEqual([
    ['cafe', undefined],
    ['caf\ufffd/', 'invalid_image'],
    ['d', undefined],
  ]);
  expect(await list('caf\ufffd/')).toEqual([['d', undefined]]);
});

test('a link to a file is in no list, and not followed', async () => {
  const folder = await outside();
  await it.put('a/real', 'real');
  await symlink(join(folder, 'file'), join(it.root, 'a/link'));
  await symlink('real', join(it.root, 'a/near'));
  expect(await pathsOf(it.objects)).toEqual(['a/real']);
  for (const path of ['a/link', 'a/near']) {
    for (const name of ['read', 'inspect', 'openReader'])
      expect(await call(name, path)).toBe('invalid_image');
  }
});

test('a write to where a link is replaces the link, not the file that it leads to', async () => {
  const folder = await outside();
  await symlink(join(folder, 'file'), join(it.root, 'link'));
  await it.objects.write('link', DATA, signal);
  expect((await readFile(join(it.root, 'link'))).equals(DATA)).toBe(true);
  expect(await readFile(join(folder, 'file'), 'utf8')).toBe(SECRET);
});

test.each(['../outside', 'a'])(
  'a link to the folder %s is in no list, and no path leads through it',
  async (to) => {
    const folder = await outside();
    await it.put('a/file', 'a');
    await symlink(to, join(it.root, 'link'));
    expect(await pathsOf(it.objects)).toEqual(['a/file']);
    expect(await pathsOf(it.objects, 'link/')).toEqual([]);
    for (const name of calls) {
      for (const path of ['link/file', 'link/new', 'link/new/er']) {
        expect(await call(name, path)).toBe('invalid_image');
      }
    }
    expect(await readdir(folder)).toEqual(['file']);
  },
);

test('the share itself may be behind a link', async () => {
  await it.put('a/file', DATA);
  await symlink('share', `${it.root}.link`);
  const { objects } = directoryDriver.open({ path: `${it.root}.link` }, '/');
  if (objects === undefined) throw new Error('a directory has files');
  expect(await pathsOf(objects)).toEqual(['a/file']);
  await objects.write('b/file', DATA, signal);
  expect(await readFile(join(it.root, 'b/file'))).toEqual(DATA);
});

test('a share that is moved behind its link is found where it is now', async () => {
  const link = `${it.root}.moving`;
  const moved = `${it.root}.moved`;
  await symlink(it.root, link);
  const { objects } = directoryDriver.open({ path: link }, '/');
  if (objects === undefined) throw new Error('a directory has files');
  await objects.write('a/file', DATA, signal);
  await mkdir(join(moved, 'a'), { recursive: true });
  await rm(link);
  await symlink(moved, link);
  await objects.write('a/later', DATA, signal);
  expect(await readdir(join(moved, 'a'))).toEqual(['later']);
  expect(await readdir(join(it.root, 'a'))).toEqual(['file']);
  await rm(link);
  expect(await codeOf(bytesOf(objects, 'a/later'))).toBe('unavailable');
});

test('a folder that is swapped for a link, again and again, lets nothing out or in', async () => {
  const folder = await outside();
  const swapped = join(it.root, 'a');
  const end = new AbortController();
  const swapping = (async () => {
    while (!end.signal.aborted) {
      // What is written meanwhile may get in the way.
      await rm(swapped, { recursive: true, force: true }).catch(() => {});
      await symlink(folder, swapped).catch(() => {});
      await rm(swapped, { recursive: true, force: true }).catch(() => {});
      await it.put('a/file', 'inside').catch(() => {});
    }
  })();
  const seen = new Set<string>();
  for (let n = 0; n < 400; n += 1) {
    const data = await bytesOf(it.objects, 'a/file').catch(() => undefined);
    if (data !== undefined) seen.add(Buffer.from(data).toString());
    await it.objects.write('a/new', DATA, signal).catch(() => {});
    for await (const { size } of it.objects.list('', null)) expect(size).not.toBe(SECRET.length);
  }
  end.abort();
  await swapping;
  expect(seen).toContain('inside');
  expect(seen).not.toContain(SECRET);
  expect(await readdir(folder)).toEqual(['file']);
});

describe('a folder that somebody has open', () => {
  let reading: AsyncIterator<unknown>;
  beforeEach(async () => {
    await it.put('held/a', 'a');
    await it.put('held/b', 'b');
    reading = it.objects.list('held/', null)[Symbol.asyncIterator]();
    await reading.next();
  });
  afterEach(() => reading.return?.());

  test('is written to no more when it was moved away', async () => {
    await rename(join(it.root, 'held'), join(it.root, 'moved'));
    await it.objects.write('held/c', DATA, signal);
    expect(await bytesOf(it.objects, 'held/c')).toEqual(DATA);
    expect(await call('read', 'held/a')).toBe('not_found');
    expect(await it.everything()).toEqual(['held', 'held/c', 'moved', 'moved/a', 'moved/b']);
  });

  test('is written to no more when it was removed', async () => {
    await rm(join(it.root, 'held'), { recursive: true });
    await it.objects.write('held/c', DATA, signal);
    expect(await it.everything()).toEqual(['held', 'held/c']);
  });

  test('is no way into what a link in its place leads to', async () => {
    const folder = await outside();
    await rm(join(it.root, 'held'), { recursive: true });
    await symlink(folder, join(it.root, 'held'));
    for (const name of calls) expect(await call(name, 'held/file')).toBe('invalid_image');
    expect(await readdir(folder)).toEqual(['file']);
  });
});

test('a link in the place of what is hidden is not followed', async () => {
  const folder = await outside();
  await symlink(folder, join(it.root, '.image-replicator'));
  for (const name of ['write', 'prepare']) expect(await call(name, 'x')).toBe('invalid_image');
  expect(await readdir(folder)).toEqual(['file']);
});

describe('a link in what is being written', () => {
  async function inTheMaking(ref: DestinationRef): Promise<string> {
    await prepare(ref);
    const [name = ''] = await readdir(join(it.root, '.image-replicator'));
    return join(it.root, '.image-replicator', name);
  }

  test('in the place of its folder is not followed', async () => {
    const folder = await outside();
    const ref = refTo('x');
    const partial = await inTheMaking(ref);
    await rm(partial, { recursive: true });
    await symlink(folder, partial);
    expect(await codeOf(it.objects.openSink(ref, 1, DATA.length))).toBe('invalid_image');
    expect(await codeOf(commit(ref))).toBe('invalid_image');
    await it.objects.discard(ref, LAST);
    expect(await readdir(join(it.root, '.image-replicator'))).toEqual([]);
    expect(await readdir(folder)).toEqual(['file']);
  });

  test.each(['data', 'parts'])('in the place of %s is not followed', async (name) => {
    const folder = await outside();
    const ref = refTo('x');
    const partial = await inTheMaking(ref);
    await rm(join(partial, name), { force: true });
    await symlink(join(folder, 'file'), join(partial, name));
    expect(await codeOf(it.objects.openSink(ref, 1, DATA.length))).toBe('unavailable');
    expect(await readFile(join(folder, 'file'), 'utf8')).toBe(SECRET);
  });

  test('in the place of the fence is not followed', async () => {
    const folder = await outside();
    const ref = refTo('x');
    const partial = await inTheMaking(ref);
    await symlink(join(folder, 'new'), join(partial, 'fence-1'));
    expect(await codeOf(it.objects.openSink(ref, 1, DATA.length))).toBe('success');
    expect(await readdir(folder)).toEqual(['file']);
  });

  test('in the place of a note is not followed', async () => {
    const folder = await outside();
    const ref = refTo('x');
    const partial = await inTheMaking(ref);
    await symlink(join(folder, 'new'), join(partial, 'whole'));
    const sink = await openPartSink(asStore(it.objects), ref, 1, DATA.length);
    expect(await codeOf(sink.flush())).toBe('unavailable');
    await sink.close();
    expect(await readdir(folder)).toEqual(['file']);
  });
});

test('only regular files are listed and read', async () => {
  await it.put('a/file', 'a');
  await promisify(execFile)('mkfifo', [join(it.root, 'pipe')]);
  const server = createServer().listen(join(it.root, 'socket'));
  await once(server, 'listening');
  expect(await pathsOf(it.objects)).toEqual(['a/file']);
  for (const path of ['pipe', 'socket', 'a']) {
    for (const name of ['read', 'inspect', 'openReader']) expect(await call(name, path)).toBe('not_found');
  }
  server.close();
});

test('a file where a folder is needed is a conflict, before any byte is moved', async () => {
  await it.put('a', 'a');
  for (const name of ['write', 'prepare']) {
    expect(await call(name, 'a/b/c')).toBe('conflict');
    await expect(CALLS[name]?.('a/b/c')).rejects.toThrow('"a" is a file');
  }
  const late = refTo('b/c');
  await fill(late);
  await it.put('b', 'b');
  expect(await codeOf(commit(late))).toBe('conflict');
  await it.objects.discard(late, LAST);
  expect(await it.everything()).toEqual(['a', 'b']);
});

test('a folder where a file is to be is a conflict, before any byte is moved', async () => {
  await it.put('a/b', 'b');
  for (const name of ['write', 'prepare']) {
    expect(await call(name, 'a')).toBe('conflict');
    await expect(CALLS[name]?.('a')).rejects.toThrow('"a" is a folder');
  }
  const late = refTo('c/d');
  await fill(late);
  const zombie = await openPartSink(asStore(it.objects), late, 2, DATA.length);
  await it.put('c/d/e', 'e');
  expect(await codeOf(commit(late))).toBe('conflict');
  expect(await codeOf(zombie.write(0, DATA))).toBe('conflict');
  await zombie.close();
  await it.objects.discard(late, LAST);
  expect(await it.everything()).toEqual(['a', 'a/b', 'c', 'c/d', 'c/d/e']);
});

test('a copy makes its folders when it is committed, and one that is given up makes none', async () => {
  const ref = refTo('deep/er/x');
  await fill(ref);
  expect((await it.everything()).filter((path) => path.startsWith('deep'))).toEqual([]);
  await it.objects.discard(ref, LAST);
  expect(await it.everything()).toEqual([]);
});

test('a commit that fails leaves no folder that it made', async () => {
  const ref = refTo('deep/er/x');
  await it.put('deep/file', '');
  await fill(ref);
  const hidden = join(it.root, '.image-replicator');
  const [partial = ''] = await readdir(hidden);
  await rm(join(hidden, partial, 'data'));
  expect(await codeOf(commit(ref))).toBe('unavailable');
  await it.objects.discard(ref, LAST);
  expect(await it.everything()).toEqual(['deep', 'deep/file']);
});

test('a write that fails leaves no folder that it made', async () => {
  await mkdir(join(it.root, 'there'));
  const write = it.objects.write('there/new/a', DATA, AbortSignal.abort(new Error('enough')));
  await expect(write).rejects.toThrow('enough');
  expect(await readdir(join(it.root, 'there'))).toEqual([]);
});

test('a write that fails beside others leaves them their folder', async () => {
  const failing = it.objects.write('new/a', DATA, AbortSignal.abort(new Error('enough')));
  const others = ['new/b', 'new/c', 'new/deeper/d'].map((path) => it.objects.write(path, DATA, signal));
  await expect(failing).rejects.toThrow('enough');
  await Promise.all(others);
  expect(await pathsOf(it.objects)).toEqual(['new/b', 'new/c', 'new/deeper/d']);
});

test('a folder that is moved away while others write into it is not followed for long', async () => {
  const inFolder = sharedFolders((steps) => makeFolder(it.root, steps));
  const { promise: end, resolve } = Promise.withResolvers<void>();
  const writing = inFolder(['a'], () => end);
  await inFolder(['a'], () => rename(join(it.root, 'a'), join(it.root, 'b')));
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 2000 });
  try {
    await inFolder(['a'], (folder) => writeFile(folder.at('file'), DATA));
  } finally {
    vi.useRealTimers();
    resolve();
  }
  await writing;
  expect(await pathsOf(it.objects)).toEqual(['a/file']);
});

test('a commit whose process died after the rename is brought to its end', async () => {
  const ref = refTo('deep/x');
  await fill(ref);
  const hidden = join(it.root, '.image-replicator');
  const [partial = ''] = await readdir(hidden);
  await writeFile(join(hidden, partial, 'committing'), '');
  await mkdir(join(it.root, 'deep'));
  await rename(join(hidden, partial, 'data'), join(it.root, 'deep/x'));
  await commit(ref);
  expect(await it.everything()).toEqual(['deep', 'deep/x']);
});

test('a commit whose process died while it removed the partial is brought to its end', async () => {
  const ref = refTo('deep/x');
  await fill(ref);
  const hidden = join(it.root, '.image-replicator');
  const [partial = ''] = await readdir(hidden);
  await mkdir(join(it.root, 'deep'));
  await rename(join(hidden, partial, 'data'), join(it.root, 'deep/x'));
  await rename(join(hidden, partial), join(hidden, `${partial}.removed`));
  await commit(ref);
  expect(await it.everything()).toEqual(['deep', 'deep/x']);
});

test('after a reset nothing can be committed before all is written again', async () => {
  const ref = refTo('x');
  await prepare(ref);
  const sink = await openPartSink(asStore(it.objects), ref, 1, DATA.length);
  await fillSink(sink, DATA);
  await sink.reset();
  expect(await codeOf(commit(ref))).toBe('not_found');
  await fillSink(sink, DATA);
  await commit(ref);
  await sink.close();
  expect(await it.everything()).toEqual(['x']);
});

test('a share that is gone is a disk that is not mounted: nothing succeeds', async () => {
  const ref = refTo('x');
  await prepare(ref);
  await rename(it.root, `${it.root}.gone`);
  for (const name of calls) expect(await call(name, 'x')).toBe('unavailable');
  expect(await codeOf(pathsOf(it.objects))).toBe('unavailable');
  expect(await codeOf(commit(ref))).toBe('unavailable');
  expect(await codeOf(it.objects.discard(ref, LAST))).toBe('unavailable');
});

/** Removes what nobody can be at work on any more. */
async function removeAbandoned(objects: ObjectStore): Promise<void> {
  for await (const { changed, abandonedAfter, remove } of objects.leftovers()) {
    if (abandonedAfter !== null && Date.now() - changed.getTime() > abandonedAfter) await remove();
  }
}

test('a sweep goes into no folder that others have put into what it removes', async () => {
  const folder = await outside();
  const removed = join(it.root, '.image-replicator/a.removed');
  await mkdir(join(removed, 'sub'), { recursive: true });
  await writeFile(join(removed, 'sub/file'), '');
  await writeFile(join(removed, 'data'), '');
  await symlink(folder, join(removed, 'link'));
  await symlink(folder, join(it.root, '.image-replicator/b.removed'));
  await utimes(removed, 0, 0);
  await lutimes(join(it.root, '.image-replicator/b.removed'), 0, 0);
  await removeAbandoned(it.objects);
  expect(await it.everything()).toEqual([
    '.image-replicator/a.removed',
    '.image-replicator/a.removed/sub',
    '.image-replicator/a.removed/sub/file',
  ]);
  expect(await readdir(folder)).toEqual(['file']);
});

test('a sweep removes what nobody writes or removes any more, and nothing else', async () => {
  await fill(refTo('x'));
  const hidden = join(it.root, '.image-replicator');
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
  await removeAbandoned(it.objects);
  expect((await readdir(hidden)).sort()).toEqual([...kept, partial].sort());
});
