/** Tests that a share reports the attributes of its files, and its empty folders. A bucket has neither. */
import { chmod, mkdir, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openShare, type ShareUnderTest } from './directory-objects-under-test.ts';
import { anyone } from './store-under-test.ts';

const { signal } = new AbortController();

let share: ShareUnderTest;
beforeEach(async () => {
  share = await openShare();
});
afterEach(() => share.close());

async function listed(prefix = '', after: string | null = null): Promise<string[]> {
  const paths: string[] = [];
  for await (const { path, isFolder = false } of share.objects.list(prefix, after)) {
    expect(isFolder).toBe(path.endsWith('/'));
    paths.push(path);
  }
  return paths;
}

test("an object has its file's mode and time as attributes, and a share cannot keep those of an object", async () => {
  await share.put('a/tool', 'x');
  await chmod(join(share.root, 'a/tool'), 0o755);
  await utimes(join(share.root, 'a/tool'), 1_000_000_000, 1_000_000_000);
  const attributes = { mode: '755', modified: '2001-09-09T01:46:40.000Z' };
  expect(await share.objects.read('a/tool', Buffer.alloc(9), signal)).toEqual({ size: 1, attributes });
  expect((await share.objects.inspect(anyone('a/tool'))).record.properties).toEqual(attributes);
  expect([share.objects.loses(attributes), share.objects.loses({})]).toEqual([true, false]);
});

test('an empty folder is listed in its place, with its kind', async () => {
  await share.put('a/file', 'x');
  await share.put('b.txt', 'x');
  for (const folder of ['a/empty', 'a/deep/er', 'b', 'z']) {
    await mkdir(join(share.root, folder), { recursive: true });
  }
  const all = ['a/deep/er/', 'a/empty/', 'a/file', 'b.txt', 'b/', 'z/'];
  expect(await listed()).toEqual(all);
  for (const [n, path] of all.entries()) expect(await listed('', path)).toEqual(all.slice(n + 1));
  expect(await listed('a/')).toEqual(all.slice(0, 3));
  expect(await listed('a/e')).toEqual(['a/empty/']);
  expect(await listed('a/empty/')).toEqual([]);
});
