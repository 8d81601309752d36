import type { Folder, MadeFolder } from './folder.ts';

/** Runs `use` in an open folder. All calls that run at the same time share the folder. */
export type InFolder = <T>(steps: readonly string[], use: (folder: Folder) => Promise<T>) => Promise<T>;

/**
 * Milliseconds for which others may share a folder once it is open. Later it may have been moved, or another
 * one put in its place.
 */
const SHARED_FOR = 1000;

interface Shared {
  readonly folder: Promise<MadeFolder>;
  readonly until: number;
  users: number;
  hasFailed: boolean;
}

/**
 * Returns a function that opens folders for many small files together: to open a folder takes as long as to
 * write a small file.
 */
export function sharedFolders(make: (steps: readonly string[]) => Promise<MadeFolder>): InFolder {
  const open = new Map<string, Shared>();
  return async (steps, use) => {
    const key = steps.join('/');
    const found = open.get(key);
    const isFresh = found !== undefined && Date.now() < found.until;
    const shared = isFresh
      ? found
      : { folder: make(steps), until: Date.now() + SHARED_FOR, users: 0, hasFailed: false };
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
        await letGo(shared);
      }
    }
  };
}

async function letGo({ folder, hasFailed }: Shared): Promise<void> {
  const made = await folder.catch(() => undefined);
  if (hasFailed) await made?.unmake?.();
  await made?.close().catch(() => {});
}
