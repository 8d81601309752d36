import { basename } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { openShare, type ShareUnderTest } from './directory-objects-under-test.ts';
import { codeOf } from './store-under-test.ts';

/**
 * The names of files that nobody may read. Permissions would have no effect, because root may read
 * everything.
 */
const refused = new Set<string>();

vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof import('node:fs/promises')>();
  const unlessRefused =
    <T>(call: (path: string, ...rest: never[]) => Promise<T>) =>
    async (path: string, ...rest: never[]): Promise<T> => {
      if (!refused.has(basename(path))) return call(path, ...rest);
      throw Object.assign(new Error('EACCES: permission denied'), { code: 'EACCES' });
    };
  return { ...real, open: unlessRefused(real.open as never), lstat: unlessRefused(real.lstat as never) };
});

let share: ShareUnderTest;
beforeEach(async () => {
  share = await openShare();
  for (const path of ['a/secret/x', 'a/secret.txt', 'a/z', 'b/c']) await share.put(path, 'data');
});
afterEach(() => {
  refused.clear();
  return share.close();
});

async function listed(prefix: string, after: string | null = null) {
  const entries: string[] = [];
  for await (const { path, fault } of share.objects.list(prefix, after)) {
    entries.push(fault === undefined ? path : `${path} ${fault.code}`);
  }
  return entries;
}

test('a folder that cannot be read is listed once, in its place, with its fault', async () => {
  refused.add('secret');
  const all = ['a/secret.txt', 'a/secret/ forbidden', 'a/z', 'b/c'];
  expect(await listed('')).toEqual(all);
  expect(await listed('', 'a/secret.txt')).toEqual(all.slice(1));
  expect(await listed('', 'a/secret/')).toEqual(all.slice(2));
  expect(await listed('a/se')).toEqual(all.slice(0, 2));
});

test('files of a folder in which no file can be looked up are listed with their fault', async () => {
  refused.add('x').add('z');
  expect(await listed('a/')).toEqual(['a/secret.txt', 'a/secret/x forbidden', 'a/z forbidden']);
});

test('a list that continues in a folder that can no longer be read fails', async () => {
  refused.add('secret');
  expect(await codeOf(listed('', 'a/secret/w'))).toBe('forbidden');
});

test('a list of a folder that cannot be read fails', async () => {
  refused.add('secret');
  expect(await codeOf(listed('a/secret/'))).toBe('forbidden');
});

test('a folder that cannot be looked at does not hide what comes after it from a sweep', async () => {
  for (const path of ['0/owner', 'small-a']) await share.put(`.image-replicator/${path}`, '');
  refused.add('0');
  const places: string[] = [];
  const look = async () => {
    for await (const { place } of share.objects.leftovers()) places.push(place);
  };
  expect(await codeOf(look())).toBe('forbidden');
  expect(places).toEqual(['small-a']);
});
