import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { syncFileSystem } from '../../src/stores/disk/sync-file-system.ts';
import { tryObjects } from '../../src/stores/index.ts';
import { openShare, type ShareUnderTest } from './directory-objects-under-test.ts';

/** A folder that may have a program `sync`, and nothing else. */
let programs: string;
let share: ShareUnderTest;
beforeEach(async () => {
  programs = await mkdtemp(join(tmpdir(), 'image-replicator-programs-'));
  share = await openShare();
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await share.close();
  await rm(programs, { recursive: true });
});

test('the file system of a folder is synced', async () => {
  await expect(syncFileSystem(share.root)).resolves.toBeUndefined();
});

test('a flush on a machine without the program `sync` says what is missing, and may be tried again', async () => {
  vi.stubEnv('PATH', programs);
  await expect(share.objects.flush()).rejects.toMatchObject({
    code: 'unavailable',
    message: 'the program `sync` cannot be run on the worker (ENOENT), but small files need it',
  });
});

test('a trial of plain files finds that the program `sync` is missing, and leaves nothing', async () => {
  vi.stubEnv('PATH', programs);
  const failed: string[] = [];
  for await (const { step, error } of tryObjects(share.objects))
    if (error !== null) failed.push(`${step}: ${(error as Error).message}`);
  expect(failed).toEqual([expect.stringMatching(/^write: the program `sync` cannot be run on the worker/)]);
  expect(await share.everything()).toEqual([]);
});

test.each([
  ['No space left on device', 'quota_exceeded', 'the disk of the image store is full'],
  ['Disk quota exceeded', 'quota_exceeded', 'the disk quota of the image store is used up'],
  [
    'Input/output error',
    'unavailable',
    "the image store's disk could not write everything (the program `sync` has failed)",
  ],
])('if `sync` ends with "%s", the error is `%s` and names no path', async (words, code, message) => {
  const script = `#!/bin/sh\necho "sync: error syncing '$2': ${words}" >&2\nexit 1\n`;
  await writeFile(join(programs, 'sync'), script, { mode: 0o755 });
  vi.stubEnv('PATH', programs);
  await expect(syncFileSystem(share.root)).rejects.toMatchObject({ code, message });
});
