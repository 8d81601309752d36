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

let share: ShareUnderTest;
beforeEach(async () => {
  share = await openShare();
});
afterEach(() => share.close());

const DATA = randomBytes(300_000);
const { signal } = new AbortController();
const SECRET = 'outside of the share';
const refTo = (path: string) => newRef({ image_id: path, digests: digestsOfBytes(DATA) });
const prepare = (ref: DestinationRef) => share.objects.prepare(ref, FIRST, copyFor(ref, DATA));
const commit = (ref: DestinationRef) => share.objects.commit(committing(ref, DATA), LAST, copyFor(ref, DATA));
async function fill(ref: DestinationRef): Promise<void> {
  await prepare(ref);
  const sink = await share.objects.openSink(ref, 1, DATA.length);
  await fillSink(sink, DATA);
  await sink.close();
}

/** Makes a folder and a file that no path of the share may lead to. */
async function outside(): Promise<string> {
  const folder = join(share.root, '../outside');
  await mkdir(folder);
  await writeFile(join(folder, 'file'), SECRET);
  return folder;
}

/** Every call that takes a path. */
const CALLS: Record<string, (path: string) => Promise<unknown>> = {
  read: (path) => bytesOf(share.objects, path),
  inspect: (path) => share.objects.inspect(anyone(path)),
  openReader: (path) => share.objects.openReader(anyone(path), 'pin'),
  write: (path) => share.objects.write(path, DATA, signal),
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
  expect(await share.everything()).toEqual([]);
});

test.each(['/', '/etc/', '../', 'a/../', '.image-replicator/', 'a//'])(
  'a prefix that no path has is refused (%j)',
  async (prefix) => {
    expect(await codeOf(pathsOf(share.objects, prefix))).toBe('invalid_image');
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
  await share.objects.write(path, DATA, signal);
  expect((await bytesOf(share.objects, path)).equals(DATA)).toBe(true);
  expect(await pathsOf(share.objects)).toEqual([path]);
});

test('a name that is no UTF-8 is listed, and not found by who reads it', async () => {
  await writeFile(Buffer.concat([Buffer.from(`${share.root}/caf`), Buffer.from([0xe9])]), 'latin1');
  const [path = ''] = await pathsOf(share.objects);
  expect(path).toBe('caf\ufffd');
  expect(await call('inspect', path)).toBe('not_found');
});

test('a folder whose name is no UTF-8 is listed with its fault, once', async () => {
  const folder = Buffer.concat([Buffer.from(`${share.root}/caf`), Buffer.from([0xe9])]);
  await mkdir(folder);
  await writeFile(Buffer.concat([folder, Buffer.from('/file')]), 'lost');
  await share.put('cafe', '');
  await share.put('d', '');
  const list = async (after: string | null) => {
    const entries: [string, string | undefined][] = [];
    for await (const { path, fault } of share.objects.list('', after)) entries.push([path, fault?.code]);
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
  await share.put('a/real', 'real');
  await symlink(join(folder, 'file'), join(share.root, 'a/link'));
  await symlink('real', join(share.root, 'a/near'));
  expect(await pathsOf(share.objects)).toEqual(['a/real']);
  for (const path of ['a/link', 'a/near']) {
    for (const name of ['read', 'inspect', 'openReader'])
      expect(await call(name, path)).toBe('invalid_image');
  }
});

test('a write to where a link is replaces the link, not the file that it leads to', async () => {
  const folder = await outside();
  await symlink(join(folder, 'file'), join(share.root, 'link'));
  await share.objects.write('link', DATA, signal);
  expect((await readFile(join(share.root, 'link'))).equals(DATA)).toBe(true);
  expect(await readFile(join(folder, 'file'), 'utf8')).toBe(SECRET);
});

test.each(['../outside', 'a'])(
  'a link to the folder %s is in no list, and no path leads through it',
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

test('the share itself may be behind a link', async () => {
  await share.put('a/file', DATA);
  await symlink('share', `${share.root}.link`);
  const { objects } = directoryDriver.open({ path: `${share.root}.link` }, '/');
  if (objects === undefined) throw new Error('a directory has files');
  expect(await pathsOf(objects)).toEqual(['a/file']);
  await objects.write('b/file', DATA, signal);
  expect(await readFile(join(share.root, 'b/file'))).toEqual(DATA);
});

test('a share that is moved behind its link is found where it is now', async () => {
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

test('a folder that is swapped for a link, again and again, lets nothing out or in', async () => {
  const folder = await outside();
  const swapped = join(share.root, 'a');
  const end = new AbortController();
  const swapping = (async () => {
    while (!end.signal.aborted) {
      // Something may be written in between, and get in the way.
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

describe('a folder that somebody has open', () => {
  let reading: AsyncIterator<unknown>;
  beforeEach(async () => {
    await share.put('held/a', 'a');
    await share.put('held/b', 'b');
    reading = share.objects.list('held/', null)[Symbol.asyncIterator]();
    await reading.next();
  });
  afterEach(() => reading.return?.());

  test('is written to no more when it was moved away', async () => {
    await rename(join(share.root, 'held'), join(share.root, 'moved'));
    await share.objects.write('held/c', DATA, signal);
    expect(await bytesOf(share.objects, 'held/c')).toEqual(DATA);
    expect(await call('read', 'held/a')).toBe('not_found');
    expect(await share.everything()).toEqual(['held', 'held/c', 'moved', 'moved/a', 'moved/b']);
  });

  test('is written to no more when it was removed', async () => {
    await rm(join(share.root, 'held'), { recursive: true });
    await share.objects.write('held/c', DATA, signal);
    expect(await share.everything()).toEqual(['held', 'held/c']);
  });

  test('is no way into what a link in its place leads to', async () => {
    const folder = await outside();
    await rm(join(share.root, 'held'), { recursive: true });
    await symlink(folder, join(share.root, 'held'));
    for (const name of calls) expect(await call(name, 'held/file')).toBe('invalid_image');
    expect(await readdir(folder)).toEqual(['file']);
  });
});

test('a link in the place of what is hidden is not followed', async () => {
  const folder = await outside();
  await symlink(folder, join(share.root, '.image-replicator'));
  for (const name of ['write', 'prepare']) expect(await call(name, 'x')).toBe('invalid_image');
  expect(await readdir(folder)).toEqual(['file']);
});

describe('a link in what is being written', () => {
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

test('only regular files are listed and read', async () => {
  await share.put('a/file', 'a');
  await promisify(execFile)('mkfifo', [join(share.root, 'pipe')]);
  const server = createServer().listen(join(share.root, 'socket'));
  await once(server, 'listening');
  expect(await pathsOf(share.objects)).toEqual(['a/file']);
  for (const path of ['pipe', 'socket', 'a']) {
    for (const name of ['read', 'inspect', 'openReader']) expect(await call(name, path)).toBe('not_found');
  }
  server.close();
});

test('a file where a folder is needed is a conflict, before any byte is moved', async () => {
  await share.put('a', 'a');
  for (const name of ['write', 'prepare']) {
    expect(await call(name, 'a/b/c')).toBe('conflict');
    await expect(CALLS[name]?.('a/b/c')).rejects.toThrow('"a" is a file');
  }
  const late = refTo('b/c');
  await fill(late);
  await share.put('b', 'b');
  expect(await codeOf(commit(late))).toBe('conflict');
  await share.objects.discard(late, LAST);
  expect(await share.everything()).toEqual(['a', 'b']);
});

test('a folder where a file is to be is a conflict, before any byte is moved', async () => {
  await share.put('a/b', 'b');
  for (const name of ['write', 'prepare']) {
    expect(await call(name, 'a')).toBe('conflict');
    await expect(CALLS[name]?.('a')).rejects.toThrow('"a" is a folder');
  }
  const late = refTo('c/d');
  await fill(late);
  const zombie = await openPartSink(asStore(share.objects), late, 2, DATA.length);
  await share.put('c/d/e', 'e');
  expect(await codeOf(commit(late))).toBe('conflict');
  expect(await codeOf(zombie.write(0, DATA))).toBe('conflict');
  await zombie.close();
  await share.objects.discard(late, LAST);
  expect(await share.everything()).toEqual(['a', 'a/b', 'c', 'c/d', 'c/d/e']);
});

test('a copy makes its folders when it is committed, and one that is given up makes none', async () => {
  const ref = refTo('deep/er/x');
  await fill(ref);
  expect((await share.everything()).filter((path) => path.startsWith('deep'))).toEqual([]);
  await share.objects.discard(ref, LAST);
  expect(await share.everything()).toEqual([]);
});

test('a commit that fails leaves no folder that it made', async () => {
  const ref = refTo('deep/er/x');
  await share.put('deep/file', '');
  await fill(ref);
  const hidden = join(share.root, '.image-replicator');
  const [partial = ''] = await readdir(hidden);
  await rm(join(hidden, partial, 'data'));
  expect(await codeOf(commit(ref))).toBe('unavailable');
  await share.objects.discard(ref, LAST);
  expect(await share.everything()).toEqual(['deep', 'deep/file']);
});

test('a write that fails leaves no folder that it made', async () => {
  await mkdir(join(share.root, 'there'));
  const write = share.objects.write('there/new/a', DATA, AbortSignal.abort(new Error('enough')));
  await expect(write).rejects.toThrow('enough');
  expect(await readdir(join(share.root, 'there'))).toEqual([]);
});

test('a write that fails beside others leaves them their folder', async () => {
  const failing = share.objects.write('new/a', DATA, AbortSignal.abort(new Error('enough')));
  const others = ['new/b', 'new/c', 'new/deeper/d'].map((path) => share.objects.write(path, DATA, signal));
  await expect(failing).rejects.toThrow('enough');
  await Promise.all(others);
  expect(await pathsOf(share.objects)).toEqual(['new/b', 'new/c', 'new/deeper/d']);
});

test('a folder that is moved away while others write into it is not followed for long', async () => {
  const inFolder = sharedFolders((steps) => makeFolder(share.root, steps));
  const { promise: end, resolve } = Promise.withResolvers<void>();
  const writing = inFolder(['a'], () => end);
  await inFolder(['a'], () => rename(join(share.root, 'a'), join(share.root, 'b')));
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 2000 });
  try {
    await inFolder(['a'], (folder) => writeFile(folder.at('file'), DATA));
  } finally {
    vi.useRealTimers();
    resolve();
  }
  await writing;
  expect(await pathsOf(share.objects)).toEqual(['a/file']);
});

test('a commit whose process died after the rename is brought to its end', async () => {
  const ref = refTo('deep/x');
  await fill(ref);
  const hidden = join(share.root, '.image-replicator');
  const [partial = ''] = await readdir(hidden);
  await writeFile(join(hidden, partial, 'committing'), '');
  await mkdir(join(share.root, 'deep'));
  await rename(join(hidden, partial, 'data'), join(share.root, 'deep/x'));
  await commit(ref);
  expect(await share.everything()).toEqual(['deep', 'deep/x']);
});

test('a commit whose process died while it removed the partial is brought to its end', async () => {
  const ref = refTo('deep/x');
  await fill(ref);
  const hidden = join(share.root, '.image-replicator');
  const [partial = ''] = await readdir(hidden);
  await mkdir(join(share.root, 'deep'));
  await rename(join(hidden, partial, 'data'), join(share.root, 'deep/x'));
  await rename(join(hidden, partial), join(hidden, `${partial}.removed`));
  await commit(ref);
  expect(await share.everything()).toEqual(['deep', 'deep/x']);
});

test('after a reset nothing can be committed before all is written again', async () => {
  const ref = refTo('x');
  await prepare(ref);
  const sink = await openPartSink(asStore(share.objects), ref, 1, DATA.length);
  await fillSink(sink, DATA);
  await sink.reset();
  expect(await codeOf(commit(ref))).toBe('not_found');
  await fillSink(sink, DATA);
  await commit(ref);
  await sink.close();
  expect(await share.everything()).toEqual(['x']);
});

test('a share that is gone is a disk that is not mounted: nothing succeeds', async () => {
  const ref = refTo('x');
  await prepare(ref);
  await rename(share.root, `${share.root}.gone`);
  for (const name of calls) expect(await call(name, 'x')).toBe('unavailable');
  expect(await codeOf(pathsOf(share.objects))).toBe('unavailable');
  expect(await codeOf(commit(ref))).toBe('unavailable');
  expect(await codeOf(share.objects.discard(ref, LAST))).toBe('unavailable');
});

/** Removes everything that nobody can be working on any more. */
async function removeAbandoned(objects: ObjectStore): Promise<void> {
  for await (const { changed, abandonedAfter, remove } of objects.leftovers()) {
    if (abandonedAfter !== null && Date.now() - changed.getTime() > abandonedAfter) await remove();
  }
}

test('a sweep goes into no folder that others have put into what it removes', async () => {
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

test('a fence that was taken while its folder was removed goes when it is old', async () => {
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

test('a sweep removes what nobody writes or removes any more, and nothing else', async () => {
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
