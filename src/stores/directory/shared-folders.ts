import type { Folder, MadeFolder } from './folder.ts';

/**
 * Runs `use` with an open folder. Calls that run at the same time share the folder.
 * @param names the names of the folders on the path, the outermost first
 */
export type InFolder = <T>(names: readonly string[], use: (folder: Folder) => Promise<T>) => Promise<T>;

/** Age up to which an open folder is shared: later, another one may be at its path; milliseconds. */
const MAX_SHARED_AGE = 1000;

interface Shared {
  readonly folder: Promise<MadeFolder>;
  /** A time of `performance.now`, because the clock may be set back. */
  readonly freshUntil: number;
  users: number;
  hasFailed: boolean;
}

/**
 * Returns a function that opens a folder once for many small files. To open a folder takes as long as to
 * write a small file.
 */
export function sharedFolders(make: (names: readonly string[]) => Promise<MadeFolder>): InFolder {
  const open = new Map<string, Shared>();
  return async (names, use) => {
    const key = names.join('/');
    const found = open.get(key);
    const now = performance.now();
    const isFresh = found !== undefined && now < found.freshUntil;
    const shared = isFresh
      ? found
      : { folder: make(names), freshUntil: now + MAX_SHARED_AGE, users: 0, hasFailed: false };
    open.set(key, shared);
    shared.users += 1;
    try {
      return await use(await shared.folder);
    } catch (error) {
      shared.hasFailed = true;
      throw error;
    } finally {
      shared.users -= 1;
      if (shared.users === 0) {
        if (open.get(key) === shared) open.delete(key);
        await release(shared);
      }
    }
  };
}

/** Closes a folder after its last use. If a use has failed, also removes empty folders that were made. */
async function release({ folder, hasFailed }: Shared): Promise<void> {
  const made = await folder.catch(() => undefined);
  if (hasFailed) await made?.unmake?.();
  await made?.close().catch(() => {});
}
