import { link, mkdir, readdir, stat, unlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { LATER, noLonger, OLD } from './objects-bench.ts';
import { bytesOf } from './objects-under-test.ts';
import { DATA, freshShare } from './share-bench.ts';
import { codeOf, LAST } from './store-under-test.ts';

const refusal = vi.hoisted(() => ({ code: '', ofUnlink: '' }));
vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof import('node:fs/promises')>();
  return {
    ...real,
    link: async (from: string, to: string) => {
      if (refusal.code !== '') throw Object.assign(new Error(refusal.code), { code: refusal.code });
      await real.link(from, to);
    },
    unlink: async (path: string) => {
      const code = refusal.ofUnlink;
      if (code !== '') throw Object.assign(new Error(code), { code });
      await real.unlink(path);
    },
  };
});

const share = freshShare();
const { refTo, fill, commit } = share;
const { signal } = new AbortController();
const hidden = () => join(share.root, '.image-replicator');
const at = (path: string) => join(share.root, path);
const text = async (path: string) => (await bytesOf(share.objects, path)).toString();
const now = async () => {};

afterEach(() => {
  refusal.code = '';
  refusal.ofUnlink = '';
});

test.each(['EPERM', 'ENOTSUP', 'EMLINK', 'ENOSYS', 'ENOSPC'])(
  'if the file system refuses a link with %s, files are renamed to their paths',
  async (code) => {
    refusal.code = code;
    await share.put('old', OLD);
    for (const path of ['old', 'deep/new']) await share.objects.write(path, DATA, signal, {}, now);
    const ref = refTo('large');
    await fill(ref);
    await commit(ref);
    for (const path of ['old', 'deep/new', 'large'])
      expect((await bytesOf(share.objects, path)).equals(DATA)).toBe(true);
    expect(await share.everything()).toEqual(['deep', 'deep/new', 'large', 'old']);
  },
);

test.each(['EROFS', 'EIO'])(
  'a file that is at its path counts as written, even if its second name cannot be removed (%s)',
  async (code) => {
    const ref = refTo('large');
    await fill(ref);
    refusal.ofUnlink = code;
    await share.objects.write('small', DATA, signal, {}, now);
    await commit(ref);
    refusal.ofUnlink = '';
    for (const path of ['small', 'large'])
      expect((await bytesOf(share.objects, path)).equals(DATA)).toBe(true);
    for await (const leftover of share.objects.leftovers()) await leftover.remove();
    expect(await share.everything()).toEqual(['large', 'small']);
  },
);

test('a rename after a refused link is confirmed again, and gives way to a newer file', async () => {
  refusal.code = 'EPERM';
  await share.put('x', OLD);
  let asked = 0;
  const confirm = async () => {
    asked += 1;
    if (asked === 2) await share.objects.write('x', LATER, signal);
    if (asked > 2) await noLonger();
  };
  await expect(share.objects.write('x', DATA, signal, {}, confirm)).rejects.toThrow('no longer wanted');
  expect(await text('x')).toBe(LATER.toString());
});

test.each([
  ['written again', async () => writeFile(at('x'), LATER)],
  ['removed and made again', async () => unlink(at('x')).then(() => writeFile(at('x'), LATER))],
])('a file that was %s while its replacement was confirmed stays', async (_what, act) => {
  await share.put('x', OLD);
  let asked = 0;
  const confirm = async () => {
    asked += 1;
    if (asked === 2) await act();
    if (asked > 2) await noLonger();
  };
  await expect(share.objects.write('x', DATA, signal, {}, confirm)).rejects.toThrow('no longer wanted');
  expect(await text('x')).toBe(LATER.toString());
});

test('the replacement of a file is confirmed by an answer that is newer than the look at that file', async () => {
  const asked: (number | undefined)[] = [];
  const confirm = async (since?: number) => void asked.push(since);
  await share.objects.write('x', OLD, signal, {}, confirm);
  expect(asked.splice(0)).toEqual([undefined]);
  const before = performance.now();
  await share.objects.write('x', DATA, signal, {}, confirm);
  expect(asked).toEqual([undefined, expect.any(Number)]);
  expect(asked[1]).toBeGreaterThanOrEqual(before);
});

test('a folder at the path is not replaced', async () => {
  await mkdir(at('folder'));
  expect(await codeOf(share.objects.write('folder', DATA, signal, {}, now))).toBe('conflict');
  expect((await stat(at('folder'))).isDirectory()).toBe(true);
});

test('if a process died between the link and the removal of the other name, the next commit completes the work', async () => {
  const ref = refTo('deep/x');
  await fill(ref);
  const [partial = ''] = await readdir(hidden());
  await writeFile(join(hidden(), partial, 'committing'), '');
  await mkdir(at('deep'));
  await link(join(hidden(), partial, 'data'), at('deep/x'));
  await commit(ref);
  expect(await share.everything()).toEqual(['deep', 'deep/x']);
  expect((await stat(at('deep/x'))).nlink).toBe(1);
  expect((await bytesOf(share.objects, 'deep/x')).equals(DATA)).toBe(true);
});

test('a discard after a commit that died right after its link leaves the file at its path', async () => {
  const ref = refTo('x');
  await fill(ref);
  const [partial = ''] = await readdir(hidden());
  await writeFile(join(hidden(), partial, 'committing'), '');
  await link(join(hidden(), partial, 'data'), at('x'));
  await share.objects.discard(ref, LAST);
  expect(await share.everything()).toEqual(['x']);
  expect((await bytesOf(share.objects, 'x')).equals(DATA)).toBe(true);
});

test('a sweep removes the other name of a small file whose writer died, and leaves the file', async () => {
  await share.objects.write('x', DATA, signal);
  await link(at('x'), join(hidden(), 'small-other'));
  await utimes(at('x'), 0, 0);
  for await (const { kind, abandonedAfter, changed, remove } of share.objects.leftovers()) {
    expect(kind).toBe('small object');
    expect(Date.now() - changed.getTime()).toBeGreaterThan(abandonedAfter ?? Number.POSITIVE_INFINITY);
    expect(await remove()).toBe(true);
  }
  expect(await share.everything()).toEqual(['x']);
  expect((await bytesOf(share.objects, 'x')).equals(DATA)).toBe(true);
});

test('a small file has only one name after its write', async () => {
  for (const path of ['x', 'x', 'y']) await share.objects.write(path, DATA, signal);
  for (const path of ['x', 'y']) expect((await stat(at(path))).nlink).toBe(1);
  expect(await readdir(hidden())).toEqual([]);
});
