import { lstat, mkdir, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { makeFolder } from '../../src/stores/directory/folder.ts';
import { objectDestination } from '../../src/stores/directory/object-destination.ts';
import { type InFolder, sharedFolders } from '../../src/stores/directory/shared-folders.ts';
import { until } from '../support/until.ts';
import { committing, copyFor, fillSink, openPartSink } from './make-image.ts';
import { asStore, pathsOf } from './objects-under-test.ts';
import { DATA, freshShare } from './share-bench.ts';
import { codeOf, LAST } from './store-under-test.ts';

const { signal } = new AbortController();
const share = freshShare();
const { refTo, prepare, commit, fill } = share;

test('a copy makes its folders only when it is committed', async () => {
  const ref = refTo('deep/er/x');
  await fill(ref);
  expect((await share.everything()).filter((path) => path.startsWith('deep'))).toEqual([]);
  await share.objects.discard(ref, LAST);
  expect(await share.everything()).toEqual([]);
});

test('a commit that fails leaves none of the folders that it made', async () => {
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

test('a write that fails leaves none of the folders that it made', async () => {
  await mkdir(join(share.root, 'there'));
  const write = share.objects.write('there/new/a', DATA, AbortSignal.abort(new Error('enough')));
  await expect(write).rejects.toThrow('enough');
  expect(await readdir(join(share.root, 'there'))).toEqual([]);
});

test('a write that fails leaves the folder to others that write into it', async () => {
  const failing = share.objects.write('new/a', DATA, AbortSignal.abort(new Error('enough')));
  const others = ['new/b', 'new/c', 'new/deeper/d'].map((path) => share.objects.write(path, DATA, signal));
  await expect(failing).rejects.toThrow('enough');
  await Promise.all(others);
  expect(await pathsOf(share.objects)).toEqual(['new/b', 'new/c', 'new/deeper/d']);
});

test('a folder that was moved away is not written to for long, even if others use it and the clock is set back', async () => {
  const inFolder = sharedFolders((steps) => makeFolder(share.root, steps));
  const { promise: end, resolve } = Promise.withResolvers<void>();
  const writing = inFolder(['a'], () => end);
  await inFolder(['a'], () => rename(join(share.root, 'a'), join(share.root, 'b')));
  // Two seconds pass, and somebody sets the clock back.
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() - 3_600_000 });
  const passed = vi.spyOn(performance, 'now').mockReturnValue(performance.now() + 2000);
  try {
    await inFolder(['a'], (folder) => writeFile(folder.at('file'), DATA));
  } finally {
    passed.mockRestore();
    vi.useRealTimers();
    resolve();
  }
  await writing;
  expect(await pathsOf(share.objects)).toEqual(['a/file']);
});

test('a commit whose process died after the rename is completed by the next one', async () => {
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

test('a commit whose process died while it removed the partial is completed by the next one', async () => {
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

test('what a commit no longer needs is removed once the disk allows it', async () => {
  const ref = refTo('x');
  await fill(ref);
  const [hidden, aside] = [join(share.root, '.image-replicator'), join(share.root, '../aside')];
  const inFolder = sharedFolders((steps) => makeFolder(share.root, steps));
  const refusing: InFolder = async (folders, use) => {
    const result = await inFolder(folders, use);
    await rename(hidden, aside);
    await symlink('nowhere', hidden);
    return result;
  };
  const { commit: commitThere } = objectDestination(share.root, refusing);
  const committed = commitThere(committing(ref, DATA), LAST, copyFor(ref, DATA));
  await until(async () => (await lstat(hidden).catch(() => undefined))?.isSymbolicLink());
  await rm(hidden);
  await rename(aside, hidden);
  await committed;
  expect(await readdir(hidden)).toEqual([]);
  expect(await share.everything()).toEqual(['x']);
});

test('after a reset nothing can be committed until everything is written again', async () => {
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
