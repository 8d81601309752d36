import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { objectsContract } from './contract-objects.ts';
import { partSinkContract } from './contract-part-sink.ts';
import { openShare } from './directory-objects-under-test.ts';
import { DIRECTORY_TRAITS } from './directory-under-test.ts';
import { openPartSink } from './make-image.ts';
import { asImages, asStore, bytesOf, pathsOf } from './objects-under-test.ts';
import { DATA, freshShare } from './share-bench.ts';
import { codeOf, LAST } from './store-under-test.ts';

objectsContract('directory', openShare);
partSinkContract("a directory's objects", () => asImages(openShare), DIRECTORY_TRAITS);

const { signal } = new AbortController();
const share = freshShare();
const { calls, call, refTo, prepare, commit, fill } = share;

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
])('the path %j is refused, and the message names it', async (path) => {
  for (const name of calls) {
    expect(await call(name, path)).toBe('invalid_image');
    await expect(share.run(name, path)).rejects.toThrow(path);
  }
  expect(await share.everything()).toEqual([]);
});

test.each(['/', '/etc/', '../', 'a/../', '.image-replicator/', 'a//'])(
  'an impossible prefix is refused (%j)',
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
])('an unusual name is written, read and listed: %j', async (path) => {
  await share.objects.write(path, DATA, signal);
  expect((await bytesOf(share.objects, path)).equals(DATA)).toBe(true);
  expect(await pathsOf(share.objects)).toEqual([path]);
});

test('a file whose name is not UTF-8 is listed, but cannot be found by that name', async () => {
  await writeFile(Buffer.concat([Buffer.from(`${share.root}/caf`), Buffer.from([0xe9])]), 'latin1');
  const [path = ''] = await pathsOf(share.objects);
  expect(path).toBe('caf\ufffd');
  expect(await call('inspect', path)).toBe('not_found');
});

test('a folder whose name is not UTF-8 is listed once, with its fault', async () => {
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

test('a file in the place of a folder is a conflict, before any byte is moved', async () => {
  await share.put('a', 'a');
  for (const name of ['write', 'prepare']) {
    expect(await call(name, 'a/b/c')).toBe('conflict');
    await expect(share.run(name, 'a/b/c')).rejects.toThrow('"a" is a file');
  }
  const late = refTo('b/c');
  await fill(late);
  await share.put('b', 'b');
  expect(await codeOf(commit(late))).toBe('conflict');
  await share.objects.discard(late, LAST);
  expect(await share.everything()).toEqual(['a', 'b']);
});

test('a folder in the place of a file is a conflict, before any byte is moved', async () => {
  await share.put('a/b', 'b');
  for (const name of ['write', 'prepare']) {
    expect(await call(name, 'a')).toBe('conflict');
    await expect(share.run(name, 'a')).rejects.toThrow('"a" is a folder');
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

test('if the folder of a share is missing, its disk is not mounted, and every call fails', async () => {
  const ref = refTo('x');
  await prepare(ref);
  await rename(share.root, `${share.root}.gone`);
  for (const name of calls) expect(await call(name, 'x')).toBe('unavailable');
  expect(await codeOf(pathsOf(share.objects))).toBe('unavailable');
  expect(await codeOf(commit(ref))).toBe('unavailable');
  expect(await codeOf(share.objects.discard(ref, LAST))).toBe('unavailable');
});
