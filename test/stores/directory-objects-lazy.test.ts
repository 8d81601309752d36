import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { openShare, type ShareUnderTest } from './directory-objects-under-test.ts';

vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof import('node:fs/promises')>();
  return { ...real, readdir: vi.fn(real.readdir), lstat: vi.fn(real.lstat) };
});

let share: ShareUnderTest;
beforeEach(async () => {
  share = await openShare();
  for (let n = 0; n < 100; n += 1) {
    const folder = join(share.root, `${n}`.padStart(3, '0'), 'sub');
    await mkdir(folder, { recursive: true });
    for (const name of ['a', 'b', 'c']) await writeFile(join(folder, name), '');
  }
  vi.mocked(readdir).mockClear();
});
afterEach(() => share.close());

/** Returns the first files of a list, and the number of folders that were read for them. */
async function first(count: number, prefix = '', after: string | null = null) {
  const paths: string[] = [];
  for await (const { path } of share.objects.list(prefix, after)) {
    if (paths.push(path) === count) break;
  }
  return { paths, folders: vi.mocked(readdir).mock.calls.length };
}

test('only the folders of the files that are asked for are read', async () => {
  const { paths, folders } = await first(4);
  expect(paths).toEqual(['000/sub/a', '000/sub/b', '000/sub/c', '001/sub/a']);
  expect(folders).toBe(5);
});

test('a list that continues after a path reads no folder before that path', async () => {
  const { paths, folders } = await first(2, '', '070/sub/b');
  expect(paths).toEqual(['070/sub/c', '071/sub/a']);
  expect(folders).toBe(5);
});

test('a list with a prefix reads only the folder of the prefix', async () => {
  expect(await first(9, '055/sub/')).toEqual({ paths: ['055/sub/a', '055/sub/b', '055/sub/c'], folders: 1 });
});

test('a list that is aborted reads no further folder, also where there are no files', async () => {
  const controller = new AbortController();
  const reason = new Error('the attempt is over');
  const paths: string[] = [];
  const list = async () => {
    for await (const { path } of share.objects.list('', null, controller.signal)) paths.push(path);
  };
  const real = vi.mocked(readdir).getMockImplementation() as (...args: unknown[]) => Promise<never>;
  vi.mocked(readdir).mockImplementationOnce(((...args: unknown[]) => {
    controller.abort(reason);
    return real(...args);
  }) as never);
  await expect(list()).rejects.toBe(reason);
  expect(paths).toEqual([]);
  expect(vi.mocked(readdir).mock.calls.length).toBe(1);
});
