import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { directoryDriver } from '../../src/stores/directory/index.ts';
import type { ObjectsUnderTest } from './objects-under-test.ts';

export interface ShareUnderTest extends ObjectsUnderTest {
  readonly root: string;
  /** Lists all files and folders, except for an empty folder of unfinished objects. */
  everything(): Promise<string[]>;
}

/** Opens a share for one test alone. */
export async function openShare(): Promise<ShareUnderTest> {
  const base = await mkdtemp(join(tmpdir(), 'image-replicator-share-'));
  const root = join(base, 'share');
  await mkdir(root);
  const { objects } = directoryDriver.open({ path: 'share' }, base);
  if (objects === undefined) throw new Error('a directory has files');
  return {
    root,
    objects,
    async put(path, data) {
      await mkdir(dirname(join(root, path)), { recursive: true });
      await writeFile(join(root, path), data);
    },
    async traces() {
      const entries = await readdir(root, { recursive: true, withFileTypes: true });
      const files = entries.filter((entry) => !entry.isDirectory());
      return files.map(({ parentPath, name }) => join(parentPath, name).slice(root.length + 1)).sort();
    },
    async everything() {
      const all = await readdir(root, { recursive: true });
      return all.filter((path) => path !== '.image-replicator').sort();
    },
    close: () => rm(base, { recursive: true, force: true }),
  };
}
