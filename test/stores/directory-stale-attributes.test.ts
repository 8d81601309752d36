/**
 * Tests the reading of files whose attributes a file system answers from a cache, as NFS does: an open file
 * shows a change of another machine only much later, and a file that is opened anew shows it at once.
 */
import { randomBytes } from 'node:crypto';
import type { Stats } from 'node:fs';
import { type FileHandle, open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { openShare, type ShareUnderTest } from './directory-objects-under-test.ts';
import { bytesOf } from './objects-under-test.ts';
import { anyone, codeOf, readAll } from './store-under-test.ts';

const MIB = 1024 * 1024;

let share: ShareUnderTest;
let handles: FileHandle;
beforeEach(async () => {
  share = await openShare();
  const root = await open(share.root);
  handles = Object.getPrototypeOf(root);
  await root.close();
  const stat = handles.stat as () => Promise<Stats>;
  const cached = new WeakMap<object, Promise<Stats>>();
  vi.spyOn(handles, 'stat').mockImplementation(function (this: FileHandle) {
    const known = cached.get(this) ?? stat.call(this);
    cached.set(this, known);
    return known as never;
  });
});
afterEach(async () => {
  vi.restoreAllMocks();
  await share.close();
});

/** Changes a file in place. It keeps its size. */
const change = (size: number) => writeFile(join(share.root, 'x'), randomBytes(size), { flag: 'r+' });

test('a small file that changes while it is read counts as changed', async () => {
  await share.put('x', randomBytes(1000));
  await expect(bytesOf(share.objects, 'x')).resolves.toHaveLength(1000);
  const { read } = handles;
  vi.spyOn(handles, 'read').mockImplementationOnce(async function (this: FileHandle, ...args: unknown[]) {
    const answer = await Reflect.apply(read, this, args);
    await change(1000);
    return answer;
  });
  expect(await codeOf(bytesOf(share.objects, 'x'))).toBe('changed');
});

test('a large file without a digest that changes between two parts counts as changed', async () => {
  await share.put('x', randomBytes(2 * MIB));
  const { pin } = await share.objects.inspect(anyone('x'));
  const reader = await share.objects.openReader(anyone('x'), pin);
  expect(await readAll(reader, [0, MIB])).toHaveLength(MIB);
  await change(2 * MIB);
  expect(await codeOf(readAll(reader, [MIB, 2 * MIB]))).toBe('changed');
  await reader.close();
});
